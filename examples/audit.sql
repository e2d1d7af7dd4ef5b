-- An audit: who changed the salaries, and what did the report say when it was signed?
--
--   cargo run --release -- --clock 2026-03-01T09:00:00Z+600 -f examples/audit.sql
--
-- No triggers, no shadow tables: nobody prepared for these questions.

.mode box
.receipts on

CREATE TABLE salaries (
  id     INTEGER PRIMARY KEY,
  name   TEXT NOT NULL,
  team   TEXT NOT NULL,
  salary INTEGER NOT NULL
);
INSERT INTO salaries (name, team, salary)
VALUES ('Ada', 'engines', 5200), ('Bob', 'engines', 4100), ('Cleo', 'sales', 3900), ('Dan', 'sales', 3700)
WITH (intent = 'Hired', actor = 'personnel');
UPDATE salaries SET salary = salary + 150 WHERE team = 'engines'
WITH (intent = 'SalariesRaised', actor = 'personnel', note = 'agreed in February');
TAG 'signed';
UPDATE salaries SET salary = 6900 WHERE name = 'Dan' WITH (actor = 'dan');
UPDATE salaries SET team = 'engines' WHERE name = 'Cleo'
WITH (intent = 'Moved', actor = 'personnel');
UPDATE salaries SET salary = 3700 WHERE name = 'Dan' WITH (actor = 'dan');

.echo on
.print
.print "1  What is there now"
.print "===================="
.print "Dan's salary looks as it always did."
.print

SELECT name, team, salary FROM salaries;

.print
.print "2  What happened to it"
.print "======================"
.print "It was another for forty minutes, and Dan knows why."
.print

SELECT event, at, actor, intent, old, new
FROM (HISTORY OF salaries WHERE name = 'Dan') h WHERE op = 'update';

.print
.print "3  Who writes without saying why?"
.print "================================="
.print

SELECT actor, count(*) AS changes, count(intent) AS with_intent
FROM (HISTORY OF salaries) h GROUP BY actor;

.print
.print "4  What did they see?"
.print "====================="
.print "The report of the payroll, as signed; as it would have been in between; and now."
.print

SELECT team, sum(salary) AS payroll FROM salaries AS OF TAG 'signed' GROUP BY team;
SELECT team, sum(salary) AS payroll FROM salaries AS OF TX 5 GROUP BY team;
SELECT team, sum(salary) AS payroll FROM salaries GROUP BY team;

.print
.print "5  What changed since it was signed?"
.print "===================================="
.print

SELECT now.name, was.team AS team_then, now.team AS team_now,
       was.salary AS signed, now.salary AS now
FROM salaries AS OF TAG 'signed' AS was
JOIN salaries AS now ON now.id = was.id
WHERE was.team <> now.team OR was.salary <> now.salary;

.print
.print "The shell has a word for it, .diff with two moments, and one for who last set each"
.print "value of a row, .blame with its key:"
.print

.diff "TAG 'signed'" LATEST salaries
.blame salaries 3

.print
.print "Dan is in none of these lists: the two ends are the same. Only the way between them"
.print "tells, and only a database that keeps it can be asked:"
.print

SELECT count(*) AS changes FROM (HISTORY OF salaries FROM TAG 'signed' TO LATEST) h;

REPLAY salaries BETWEEN EVENT 10 AND EVENT 10;
