/**
 * What must survive a closed tab: drafts and messages that the server has not taken yet. One database per user,
 * so that a shared computer never shows one agent's words to another.
 */
import { type IDBPDatabase, openDB } from 'idb';

export type StoreName = 'drafts' | 'outbox';
const STORES: StoreName[] = ['drafts', 'outbox'];

interface Table {
  get(key: string): Promise<unknown>;
  all(): Promise<unknown[]>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  clear(): Promise<void>;
}

let database: Promise<IDBPDatabase | null> = Promise.resolve(null);
const memory = new Map<StoreName, Map<string, unknown>>();

const nameOf = (userId: string) => `invekto-${userId}`;

export function openUserDb(userId: string): void {
  database = openDB(nameOf(userId), 1, {
    upgrade(db) {
      for (const name of STORES) db.createObjectStore(name);
    },
  }).catch(() => null); // A browser that keeps nothing (private window, full disk): this tab's memory has to do.
}

export async function closeUserDb(): Promise<void> {
  (await database)?.close();
  database = Promise.resolve(null);
  memory.clear();
}

export function table(name: StoreName): Table {
  const rows = () => {
    const held = memory.get(name) ?? new Map<string, unknown>();
    memory.set(name, held);
    return held;
  };
  return {
    async get(key) {
      const db = await database;
      return db ? db.get(name, key) : rows().get(key);
    },
    async all() {
      const db = await database;
      return db ? db.getAll(name) : [...rows().values()];
    },
    async put(key, value) {
      const db = await database;
      if (db) await db.put(name, value, key);
      else rows().set(key, value);
    },
    async delete(key) {
      const db = await database;
      if (db) await db.delete(name, key);
      else rows().delete(key);
    },
    async clear() {
      const db = await database;
      if (db) await db.clear(name);
      else rows().clear();
    },
  };
}
