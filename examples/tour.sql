-- A tour of asof: event sourcing in three minutes.
--
--   cargo run --release -- -f examples/tour.sql
--
-- It runs in memory and keeps nothing. Read the output alone: it shows every
-- statement. Nothing in it depends on the time of day, so it is always the same.

.mode box
.echo on
.receipts on

.print "1  Every change is an event"
.print "==========================="
.print "A table is made, three accounts are opened. Each write answers with its"
.print "receipt: how many events it made, and their numbers. Creating the table is"
.print "an event, too."
.print

CREATE TABLE accounts (
  id      INTEGER PRIMARY KEY,
  owner   TEXT NOT NULL,
  balance DECIMAL(10,2) NOT NULL
);

INSERT INTO accounts (owner, balance)
VALUES ('Ada', 100), ('Bob', 20), ('Cleo', 5)
WITH (intent = 'AccountsOpened', actor = 'amy');

SELECT * FROM accounts;

.print
.print "2  A transaction says what happened"
.print "==================================="
.print "Two updates are one fact: Ada paid Bob. The intent gives the fact its name"
.print "and is kept with the events, and so are who did it and why. Nothing gets a"
.print "number before COMMIT."
.print

BEGIN WITH (intent = 'MoneyTransferred', actor = 'amy', note = 'March rent');
UPDATE accounts SET balance = balance - 30 WHERE owner = 'Ada';
UPDATE accounts SET balance = balance + 30 WHERE owner = 'Bob';
COMMIT;

SELECT * FROM accounts;

.print
.print "3  The past is still there"
.print "=========================="
.print "No event overwrites another. AS OF EVENT 4 is the state when event 4 had"
.print "happened and event 5 had not: before the rent."
.print

SELECT * FROM accounts AS OF EVENT 4;

.print
.print "A point inside the transaction is a point, too: the money has left Ada and"
.print "not reached Bob. Only here can you see it; no one could when it happened."
.print

SELECT sum(balance) AS total FROM accounts AS OF EVENT 5;
SELECT sum(balance) AS total FROM accounts AS OF EVENT 6;

.print
.print "A time is a name for the last event committed by then. In 2000 there was"
.print "nothing, not even the table; by now everything above has happened. (The"
.print "answer says which event it was.)"
.print

SHOW TABLES AS OF TIMESTAMP '2000-01-01';
SELECT count(*) AS accounts FROM accounts AS OF 'now';

.print
.print "4  Both sides of a change"
.print "========================="
.print "Each table of a query has its own moment. A table joined with its own past"
.print "is a difference."
.print

SELECT now.owner, was.balance AS before, now.balance AS after,
       now.balance - was.balance AS change
FROM accounts AS OF EVENT 4 AS was
JOIN accounts AS now ON now.id = was.id
WHERE now.balance <> was.balance
ORDER BY change;

.print
.print "The past is read by the same means as the present: the same keys, the same"
.print "joins."
.print

EXPLAIN
SELECT now.balance - was.balance AS change
FROM accounts AS OF EVENT 4 AS was
JOIN accounts AS now ON now.id = was.id
WHERE was.id = 1;

.print
.print "5  A mistake, and the way back"
.print "=============================="
.print "Someone forgets the WHERE."
.print

DELETE FROM accounts;

SELECT count(*) AS accounts FROM accounts;

.print
.print "The rows are gone from the present only. The event before the mistake was 6:"
.print

INSERT INTO accounts SELECT * FROM accounts AS OF EVENT 6
WITH (intent = 'MistakeRepaired', actor = 'amy');

SELECT * FROM accounts;

.print
.print "Nothing was rewound. The mistake is part of history, and so is its repair:"
.print

SELECT count(*) AS accounts FROM accounts AS OF EVENT 9;

.print
.print "6  Schemas travel, too"
.print "======================"
.print "A table that is dropped can still be read and described where it was."
.print

CREATE TABLE cards (number TEXT PRIMARY KEY, account INTEGER, since DATE);
DROP TABLE accounts;

SHOW TABLES;
SHOW TABLES AS OF EVENT 12;
DESCRIBE accounts AS OF EVENT 12;
SELECT owner, balance FROM accounts AS OF EVENT 12 WHERE balance > 5;

.print
.print "That is all there is to it: events are only ever added, and every state is"
.print "what they add up to. 'asof bank' keeps a database in the directory bank; its"
.print "log is bank/events.log."
