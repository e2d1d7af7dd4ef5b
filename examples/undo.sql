-- Undo: five mistakes and the way back from each.
--
--   cargo run --release -- --clock 2026-03-01T09:00:00Z+60 -f examples/undo.sql
--
-- Nothing is ever rewound. A repair is a new event that brings back what was, so the
-- mistake can be read afterwards, and so can its repair.

.mode box
.receipts on

CREATE TABLE plants (
  id    INTEGER PRIMARY KEY,
  name  TEXT NOT NULL,
  water INTEGER NOT NULL
);
INSERT INTO plants (name, water) VALUES ('fern', 3), ('cactus', 0), ('basil', 5);

.echo on
.print
.print "1  Not yet committed: ROLLBACK"
.print "=============================="
.print "Nothing has a number before COMMIT, so there is nothing to repair."
.print

BEGIN;
DELETE FROM plants;
SELECT count(*) AS plants FROM plants;
ROLLBACK;
SELECT count(*) AS plants FROM plants;

.print
.print "2  A DELETE too many"
.print "===================="
.print "The rows are gone from the present. BEFORE EVENT 5 they were all there."
.print

DELETE FROM plants WHERE water > 0;

INSERT INTO plants SELECT * FROM plants BEFORE EVENT 5 WHERE water > 0
WITH (intent = 'DeleteUndone', actor = 'amy');

SELECT * FROM plants ORDER BY id;

.print
.print "3  An UPDATE without its WHERE"
.print "=============================="
.print "Two statements bring the values back, and one transaction makes them one fact:"
.print "no one ever sees the table empty."
.print

UPDATE plants SET water = 9;

SELECT name, water FROM plants;

BEGIN WITH (intent = 'UpdateUndone', actor = 'amy');
DELETE FROM plants;
INSERT INTO plants SELECT * FROM plants BEFORE EVENT 9;
COMMIT;

SELECT name, water FROM plants;

.print
.print "4  A table dropped"
.print "=================="
.print "Its rows are still where they were, and so is its description."
.print

DROP TABLE plants;

DESCRIBE plants BEFORE EVENT 18;

CREATE TABLE plants (id INTEGER PRIMARY KEY, name TEXT NOT NULL, water INTEGER NOT NULL);
INSERT INTO plants SELECT * FROM plants BEFORE EVENT 18
WITH (intent = 'DropUndone', actor = 'amy');

SELECT * FROM plants;

.print
.print "5  The last transaction: .undo"
.print "=============================="
.print "Where nothing has changed the same rows since, one word does it. .undo makes one"
.print "more transaction, which takes back the last."
.print

UPDATE plants SET water = 0, name = 'rose' WHERE id = 1;

.undo

SELECT * FROM plants;

.print
.print "6  All of it is history"
.print "======================="
.print

SELECT intent, first_event, last_event FROM _transactions WHERE intent IS NOT NULL;

SELECT sum(water) AS litres FROM plants AS OF EVENT 11;
