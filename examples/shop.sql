-- A shop: prices change, orders remember.
--
--   cargo run --release -- --clock 2026-03-01T09:00:00Z+3600 -f examples/shop.sql
--
-- The clock takes an hour for each statement. A shop on another database copies the
-- price into each line of an order, for fear of tomorrow's price. Here yesterday's
-- price is still where it was.

.mode box
.echo on
.receipts on

.print "1  Goods and orders"
.print "==================="
.print

CREATE TABLE products (
  id    INTEGER PRIMARY KEY,
  name  TEXT NOT NULL UNIQUE,
  price DECIMAL(8,2) NOT NULL,
  stock INTEGER NOT NULL
);
CREATE TABLE orders (
  id       INTEGER PRIMARY KEY,
  customer TEXT NOT NULL,
  product  INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  status   TEXT NOT NULL DEFAULT 'placed'
);
CREATE INDEX orders_by_product ON orders (product);

INSERT INTO products (name, price, stock)
VALUES ('kettle', 39.90, 10), ('teapot', 24.50, 6), ('mug', 7.00, 40)
WITH (intent = 'RangeListed', actor = 'amy');

.print
.print "2  A day in the shop"
.print "===================="
.print "Placing an order takes the goods from stock in the same transaction."
.print

BEGIN WITH (intent = 'OrderPlaced', actor = 'Ada');
INSERT INTO orders (customer, product, quantity) VALUES ('Ada', 1, 1);
UPDATE products SET stock = stock - 1 WHERE id = 1;
COMMIT;

UPDATE products SET price = 34.90 WHERE name = 'kettle'
WITH (intent = 'PriceLowered', actor = 'amy', note = 'spring sale');

BEGIN WITH (intent = 'OrderPlaced', actor = 'Bob');
INSERT INTO orders (customer, product, quantity) VALUES ('Bob', 1, 2);
UPDATE products SET stock = stock - 2 WHERE id = 1;
COMMIT;

UPDATE orders SET status = 'paid' WHERE id = 1
WITH (intent = 'OrderPaid', actor = 'Ada');
UPDATE orders SET status = 'sent' WHERE id = 1
WITH (intent = 'OrderSent', actor = 'post');

BEGIN WITH (intent = 'OrderCancelled', actor = 'Bob', note = 'changed my mind');
UPDATE orders SET status = 'cancelled' WHERE id = 2;
UPDATE products SET stock = stock + 2 WHERE id = 1;
COMMIT;

TAG 'first day';

UPDATE products SET price = 44.90 WHERE name = 'kettle'
WITH (intent = 'PriceRaised', actor = 'amy', note = 'the sale is over');

.print
.print "3  What did the kettle cost?"
.print "============================"
.print "All prices it ever had, and from which event to which."
.print

SELECT price, _event_from AS since, _event_to AS until, _intent AS why
FROM products FOR SYSTEM_TIME ALL
WHERE name = 'kettle' AND _op <> 'delete'
ORDER BY since;

.print
.print "4  What does Ada owe?"
.print "====================="
.print "Her order was placed by event 8. The price is the one of that moment, not of now."
.print

SELECT o.customer, p.name, o.quantity, p.price, o.quantity * p.price AS total
FROM orders AS o JOIN products AS OF EVENT 8 AS p ON p.id = o.product
WHERE o.id = 1;

.print
.print "5  The life of an order"
.print "======================="
.print

SELECT event, at, actor, intent, note, change FROM (HISTORY OF orders WHERE id = 2) h;

.print
.print "6  A report that can be printed again"
.print "====================================="
.print "What the shop held when the first day ended. Asked next year, it says the same."
.print

SELECT sum(stock) AS pieces, sum(stock * price) AS worth
FROM products AS OF TAG 'first day';

SELECT sum(stock) AS pieces, sum(stock * price) AS worth FROM products;
