//! SQLite, in C: a database in memory with an index; inserts, joins, aggregates, text functions, updates.

use rusqlite::{Connection, Result, params};

// Where there are no directories, there is no place for temporary files.
const SCHEMA: &str = "
    PRAGMA temp_store = MEMORY;
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city INTEGER NOT NULL);
    CREATE TABLE sale (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, amount REAL NOT NULL, note TEXT);
    CREATE INDEX sale_customer ON sale (customer);";

const QUERIES: [&str; 6] = [
    "SELECT city, count(*), sum(amount) FROM customer JOIN sale ON customer = customer.id GROUP BY city ORDER BY 3 DESC",
    "SELECT name, (SELECT max(amount) FROM sale WHERE customer = customer.id) AS most FROM customer ORDER BY most, name",
    "SELECT substr(note, 1, 3) AS start, count(*), avg(length(note)) FROM sale WHERE note LIKE '%7%' GROUP BY start",
    "SELECT a.id, b.id FROM customer a JOIN customer b ON a.city = b.city AND a.id < b.id WHERE a.name < b.name ORDER BY 1, 2",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT sum(i * i % 7), count(*) FROM n",
    "SELECT id, amount, rank() OVER (PARTITION BY customer % 10 ORDER BY amount) FROM sale ORDER BY note DESC LIMIT 5000",
];

/// Number of rows, and a hash of all values as text.
fn query(database: &Connection, query: &str) -> Result<(usize, u32)> {
    let mut statement = database.prepare(query)?;
    let columns = statement.column_count();
    let (mut count, mut hash) = (0, 0u32);
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        count += 1;
        for column in 0..columns {
            let value = format!("{:?}", row.get_ref(column)?);
            hash = value.bytes().fold(hash, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
        }
    }
    Ok((count, hash))
}

fn main() -> Result<()> {
    let mut database = Connection::open_in_memory()?;
    database.execute_batch(SCHEMA)?;
    let mut state = 1u32;
    let mut draw = |limit: u32| {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        (state >> 8) % limit
    };
    let transaction = database.transaction()?;
    {
        let mut insert = transaction.prepare("INSERT INTO customer VALUES (?, ?, ?)")?;
        for id in 0..800 {
            insert.execute(params![id, format!("customer {}", draw(100_000)), draw(40)])?;
        }
        let mut insert = transaction.prepare("INSERT INTO sale VALUES (?, ?, ?, ?)")?;
        for id in 0..60_000 {
            insert.execute(params![id, draw(800), f64::from(draw(100_000)) / 100.0, format!("{:x} sold", draw(1 << 24))])?;
        }
    }
    transaction.commit()?;
    for text in QUERIES {
        let (count, hash) = query(&database, text)?;
        println!("{count} rows, {hash:08x}");
    }
    let changed = database.execute("UPDATE sale SET amount = amount * 1.1, customer = (customer * 7 + 1) % 800 WHERE id % 3 = 0", [])?;
    let removed = database.execute("DELETE FROM sale WHERE customer IN (SELECT id FROM customer WHERE city < 10)", [])?;
    println!("{changed} changed, {removed} removed, {:?}", query(&database, QUERIES[0])?);
    Ok(())
}
