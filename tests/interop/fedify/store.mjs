// What the peer remembers, in a SQLite file of its own: a restart changes nothing.
import { DatabaseSync } from "node:sqlite";

export class Store {
  #database;

  constructor(path) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(
      "CREATE TABLE IF NOT EXISTS thing (" +
        "number INTEGER PRIMARY KEY, kind TEXT, id TEXT, value TEXT, UNIQUE (kind, id))",
    );
  }

  put(kind, id, value) {
    this.#database
      .prepare(
        "INSERT INTO thing (kind, id, value) VALUES (?, ?, ?)" +
          " ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value",
      )
      .run(kind, id, JSON.stringify(value));
    return value;
  }

  get(kind, id) {
    const row = this.#database.prepare("SELECT value FROM thing WHERE kind = ? AND id = ?").get(kind, id);
    return row && JSON.parse(row.value);
  }

  remove(kind, id) {
    this.#database.prepare("DELETE FROM thing WHERE kind = ? AND id = ?").run(kind, id);
  }

  // In the order in which they came.
  all(kind) {
    const rows = this.#database.prepare("SELECT value FROM thing WHERE kind = ? ORDER BY number").all(kind);
    return rows.map((row) => JSON.parse(row.value));
  }
}
