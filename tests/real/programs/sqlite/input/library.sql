-- A small lending library: schema, triggers, 2,000 generated rows, joins, windows, a recursive query, a rollback.
PRAGMA foreign_keys = ON;
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE book (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    author INTEGER NOT NULL REFERENCES author (id),
    year INTEGER CHECK (year BETWEEN 1450 AND 2100),
    price REAL
);
CREATE INDEX book_by_author ON book (author, year);
CREATE TABLE loan (book INTEGER REFERENCES book (id), day INTEGER, days INTEGER);
CREATE TABLE log (what TEXT, at INTEGER);
CREATE TRIGGER loan_logged AFTER INSERT ON loan WHEN new.days > 58
BEGIN
    INSERT INTO log VALUES ('long loan of ' || new.book, new.day);
END;

BEGIN;
INSERT INTO author (name) VALUES ('Ada'), ('Bohr'), ('Čapek'), ('Dürer'), ('Euler');
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO book (title, author, year, price)
SELECT printf('Volume %04d', i), 1 + (i * 7) % 5, 1900 + (i * 13) % 120, round((i * 37 % 1000) / 7.0, 2) FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
INSERT INTO loan SELECT 1 + (i * i * 31) % 2000, i % 365, 1 + (i * 17) % 60 FROM n;
COMMIT;

SELECT name, count(*), round(avg(price), 3), min(year), max(year)
FROM book JOIN author ON author.id = book.author GROUP BY name ORDER BY name;

SELECT author, year, total, sum(total) OVER (PARTITION BY author ORDER BY year ROWS 2 PRECEDING)
FROM (SELECT author, year, count(*) AS total FROM book WHERE year < 1906 GROUP BY author, year) ORDER BY author, year;

EXPLAIN QUERY PLAN SELECT title FROM book WHERE author = 3 AND year > 2000;

SELECT title, sum(days) FROM loan JOIN book ON book.id = loan.book
WHERE title LIKE '%7_' GROUP BY book.id HAVING count(*) > 3 ORDER BY 2 DESC, 1 LIMIT 8;

SELECT count(*), min(what), max(at) FROM log;
SELECT hex(substr(group_concat(name, '/'), 1, 20)), length(group_concat(name)) FROM author;
SELECT quote(x'00ff'), typeof(1 / 2.0), 7 / 2, -7 % 3, 9223372036854775807 + 1, round(2.675, 2), upper('straße');

INSERT INTO book (title, author, year) VALUES ('No such author', 99, 2000);
INSERT INTO book (title, author, year) VALUES ('Too early', 1, 1000);
BEGIN;
DELETE FROM book WHERE id NOT IN (SELECT book FROM loan);
SELECT changes(), (SELECT count(*) FROM book);
ROLLBACK;
SELECT count(*) FROM book;

WITH RECURSIVE
    x (v) AS (VALUES (-2.0) UNION ALL SELECT v + 0.05 FROM x WHERE v < 1.2),
    y (v) AS (VALUES (-1.0) UNION ALL SELECT v + 0.1 FROM y WHERE v < 1.0),
    m (iter, cx, cy, x, y) AS (
        SELECT 0, x.v, y.v, 0.0, 0.0 FROM x, y
        UNION ALL
        SELECT iter + 1, cx, cy, x * x - y * y + cx, 2.0 * x * y + cy FROM m WHERE x * x + y * y < 4.0 AND iter < 28
    ),
    m2 (iter, cx, cy) AS (SELECT max(iter), cx, cy FROM m GROUP BY cx, cy),
    a (t) AS (SELECT group_concat(substr(' .+*#', 1 + min(iter / 7, 4), 1), '') FROM m2 GROUP BY cy)
SELECT group_concat(rtrim(t), x'0a') FROM a;
PRAGMA integrity_check;
.backup library.db
