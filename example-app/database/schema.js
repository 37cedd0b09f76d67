// The tables, in both dialects. Made if they are missing; no column has a meaning beyond its name.

export const SQLITE = [
  `CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at TEXT NOT NULL
  )`,
  `CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id TEXT NOT NULL,
    from_id INTEGER NOT NULL REFERENCES users (id),
    to_id INTEGER REFERENCES users (id),
    text TEXT NOT NULL,
    sent_at TEXT NOT NULL,
    UNIQUE (from_id, client_id)
  )`,
  'CREATE INDEX IF NOT EXISTS messages_between ON messages (to_id, from_id, id)',
  'CREATE TABLE IF NOT EXISTS states (user_id INTEGER PRIMARY KEY REFERENCES users (id), state TEXT NOT NULL)',
]

/** Texts are compared as they are, letter by letter, as SQLite does. */
const TABLE = 'ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'

export const MYSQL = [
  `CREATE TABLE IF NOT EXISTS users (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(254) NOT NULL UNIQUE,
    name VARCHAR(100) NOT NULL,
    password_hash VARCHAR(200) NOT NULL,
    created_at CHAR(24) NOT NULL
  ) ${TABLE}`,
  `CREATE TABLE IF NOT EXISTS messages (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    client_id VARCHAR(36) NOT NULL,
    from_id BIGINT NOT NULL,
    to_id BIGINT,
    text TEXT NOT NULL,
    sent_at CHAR(24) NOT NULL,
    UNIQUE (from_id, client_id),
    INDEX messages_between (to_id, from_id, id),
    FOREIGN KEY (from_id) REFERENCES users (id),
    FOREIGN KEY (to_id) REFERENCES users (id)
  ) ${TABLE}`,
  `CREATE TABLE IF NOT EXISTS states (
    user_id BIGINT NOT NULL PRIMARY KEY,
    state MEDIUMTEXT NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id)
  ) ${TABLE}`,
  // One row, which writers of messages lock in turn; see mysql.js.
  `CREATE TABLE IF NOT EXISTS message_order (id INT NOT NULL PRIMARY KEY) ${TABLE}`,
  'INSERT IGNORE INTO message_order (id) VALUES (1)',
]
