-- What happened here? Asking the log, in two minutes.
--
--   cargo run --release -- --clock 2026-03-01T09:00:00Z+60 -f examples/history.sql
--
-- The clock makes the times the same in every run; without it they are yours.

.mode box
.receipts on

CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT, balance DECIMAL(10,2));
INSERT INTO accounts (owner, balance) VALUES ('Ada', 100), ('Bob', 20)
WITH (intent = 'AccountsOpened', actor = 'amy');

BEGIN WITH (intent = 'MoneyTransferred', actor = 'bot', note = 'March rent');
UPDATE accounts SET balance = balance - 30 WHERE owner = 'Ada';
UPDATE accounts SET balance = balance + 30 WHERE owner = 'Bob';
COMMIT;

DELETE FROM accounts WHERE owner = 'Bob' WITH (actor = 'bot');

.echo on
.print
.print "1  What happened to Bob's money?"
.print "================================"
.print "HISTORY lists every change of every row for which the condition was ever true."
.print "The row is gone; what happened to it is not."
.print

SELECT event, op, intent, old, new FROM (HISTORY OF accounts WHERE owner = 'Bob') h;

.print
.print "2  Who does what here?"
.print "======================"
.print "The log is a table. So are its transactions."
.print

SELECT actor, op, count(*) AS events FROM _events GROUP BY actor, op;
SELECT tx, first_event, last_event, intent, note FROM _transactions;

.print
.print "3  Show me, step by step"
.print "========================"
.print

REPLAY accounts FROM TX 3;

.print
.print "4  Let us all go there"
.print "======================"
.print "SET AS OF moves the whole session: no query has to name the moment, and nothing"
.print "can be changed there."
.print

SET AS OF TX 2;
SELECT * FROM accounts;
SET AS OF LATEST;
SELECT * FROM accounts;

.print
.print "5  What would that cost?"
.print "========================"
.print "EXPLAIN ANALYZE runs a statement and says what each step gave. A write is only"
.print "computed. (By the fixed clock nothing takes any time.)"
.print

EXPLAIN ANALYZE
SELECT e.actor, count(*) FROM _events e JOIN accounts a AS OF EVENT 3 ON a.id = e.row GROUP BY e.actor;
