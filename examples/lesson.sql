-- A lesson: what event sourcing is, in five questions to the room.
--
--   cargo run --release -- --clock 2026-03-01T09:00:00Z+60 -f examples/lesson.sql
--
-- Let the room answer each question before the next statement runs. Typed at the
-- prompt, the same statements give the same answers.

.mode box
.receipts on
.echo on

.print "Two shopping carts"
.print "=================="
.print "Ada puts tea into her cart. Bob puts tea and a teapot into his, and takes the"
.print "teapot out again."
.print

CREATE TABLE cart (customer TEXT, item TEXT, PRIMARY KEY (customer, item));

INSERT INTO cart VALUES ('Ada', 'tea') WITH (intent = 'ItemAdded');
INSERT INTO cart VALUES ('Bob', 'tea') WITH (intent = 'ItemAdded');
INSERT INTO cart VALUES ('Bob', 'teapot') WITH (intent = 'ItemAdded');
DELETE FROM cart WHERE customer = 'Bob' AND item = 'teapot'
WITH (intent = 'ItemRemoved');

.print
.print "Question 1: is there a difference between the two carts?"
.print

SELECT customer, count(*) AS items FROM cart GROUP BY customer;

.print
.print "In the state there is none. A database that keeps the state has forgotten that"
.print "Bob wanted a teapot. The events have not:"
.print

SELECT event, op, intent FROM (HISTORY OF cart WHERE customer = 'Bob') h;

.print
.print "Question 2: where is the state, if only events are kept?"
.print
.print "It is what the events add up to. Here they are, each with what it changed:"
.print

REPLAY cart BETWEEN EVENT 3 AND EVENT 5;

.print
.print "Question 3: what is the cart of an hour ago, then?"
.print
.print "The same sum, stopped earlier. Any event is a place to stop."
.print

SELECT * FROM cart AS OF EVENT 4;
SELECT * FROM cart AS OF EVENT 2;

.print
.print "At START there was no table. That is an answer, too:"
.print

SHOW TABLES AS OF START;
SHOW TABLES AS OF EVENT 1;

.print
.print "Question 4: and if something was wrong?"
.print
.print "Events are facts: what happened has happened. A repair is one more event. The"
.print "teapot comes back, and the log says so instead of pretending it never left."
.print

INSERT INTO cart SELECT * FROM cart BEFORE EVENT 5 WHERE item = 'teapot'
WITH (intent = 'RemovalUndone', note = 'Bob called');

SELECT event, op, intent, note FROM (HISTORY OF cart WHERE item = 'teapot') h;

.print
.print "Question 5: must all events be added up for every answer?"
.print
.print "No. A snapshot is a sum written down: whoever asks begins at the nearest one."
.print "It may be thrown away, because it can be made again. The events may not."
.print

SNAPSHOT 'after the lesson';
SELECT snapshot, name, event FROM _snapshots;

EXPLAIN SELECT * FROM cart AS OF EVENT 3;

.print
.print "Events are added and never changed; state is what they add up to; a moment is"
.print "where you stop adding. The rest is speed."
