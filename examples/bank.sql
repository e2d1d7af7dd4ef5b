-- A bank: the balance is a column, and why it changed is kept beside it.
--
--   cargo run --release -- --clock 2026-03-01T09:00:00Z+60 -f examples/bank.sql
--
-- The tables hold what is true now, changed by plain UPDATEs. What happened has the
-- names of the trade, because each transaction says its intent. Neither is made
-- from the other by hand: one log holds both.

.mode box
.echo on
.receipts on

.print "1  Three accounts"
.print "================="
.print

CREATE TABLE accounts (
  id      INTEGER PRIMARY KEY,
  owner   TEXT NOT NULL,
  balance DECIMAL(10,2) NOT NULL DEFAULT 0
);

INSERT INTO accounts (owner) VALUES ('Ada'), ('Bob'), ('Cleo')
WITH (intent = 'AccountsOpened', actor = 'amy');

TAG 'opened';

.print
.print "2  What the trade calls it"
.print "=========================="
.print "A deposit is one UPDATE. A transfer is two, and they are one fact: both happen"
.print "or neither. The intent is the fact's name."
.print

UPDATE accounts SET balance = balance + 500 WHERE owner = 'Ada'
WITH (intent = 'MoneyDeposited', actor = 'amy', note = 'cash');

UPDATE accounts SET balance = balance + 80 WHERE owner = 'Bob'
WITH (intent = 'MoneyDeposited', actor = 'amy', note = 'cheque 17');

BEGIN WITH (intent = 'MoneyTransferred', actor = 'web', note = 'March rent');
UPDATE accounts SET balance = balance - 320 WHERE owner = 'Ada';
UPDATE accounts SET balance = balance + 320 WHERE owner = 'Cleo';
COMMIT;

BEGIN WITH (intent = 'MoneyTransferred', actor = 'web', note = 'lunch');
UPDATE accounts SET balance = balance - 12.50 WHERE owner = 'Bob';
UPDATE accounts SET balance = balance + 12.50 WHERE owner = 'Ada';
COMMIT;

UPDATE accounts SET balance = balance - 1.90
WITH (intent = 'FeeCharged', actor = 'bot', note = 'March');

SELECT owner, balance FROM accounts;

.print
.print "3  The statement of an account"
.print "=============================="
.print "Every version of a row is still there, and knows what made it."
.print

SELECT _event, _at, _intent, balance
FROM accounts FOR SYSTEM_TIME ALL
WHERE owner = 'Ada'
ORDER BY _event;

.print
.print "4  The book of the day"
.print "======================"
.print "The transactions, by their names. Nobody wrote this book: it is the log."
.print

SELECT tx, intent, note, actor, last_event - first_event + 1 AS events
FROM _transactions WHERE intent IS NOT NULL;

SELECT intent, count(*) AS times FROM _transactions
WHERE intent IS NOT NULL GROUP BY intent ORDER BY times DESC, intent;

.print
.print "5  Does it add up?"
.print "=================="
.print "A transfer moves money and makes none: before and after it the sum is the same."
.print "The fee is what is missing at the end."
.print

SELECT sum(balance) AS total FROM accounts BEFORE TX 6;
SELECT sum(balance) AS total FROM accounts AS OF TX 6;
SELECT sum(balance) AS total FROM accounts;

.print
.print "6  Since the accounts were opened"
.print "================================="
.print "One table, two moments, one join."
.print

SELECT now.owner, was.balance AS opened, now.balance AS now, now.balance - was.balance AS change
FROM accounts AS OF TAG 'opened' AS was
JOIN accounts AS now ON now.id = was.id
ORDER BY change DESC;
