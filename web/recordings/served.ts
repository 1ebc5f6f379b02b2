/** The recordings that `ferrolab open` serves: fetched once, and put on the shelf under the names it gave them. */
import { API } from '#bus/api.ts';
import { type Shelved, shelve } from './shelf.ts';

/** In the order they were given; none from a lab. */
export const shelveServed = (): Promise<readonly Shelved[]> => {
  served ??= fetchServed();
  return served;
};
let served: Promise<readonly Shelved[]> | undefined;

const fetchServed = async (): Promise<readonly Shelved[]> => {
  const answer = await fetch(`${API}/opened`).catch(() => undefined);
  if (answer?.ok !== true) return [];
  const names: readonly string[] = await answer.json();
  const shelved: Shelved[] = [];
  for (const [nth, name] of names.entries()) {
    const bytes = await (await fetch(`${API}/opened/${nth}`)).arrayBuffer();
    shelved.push(await shelve({ name, size: bytes.byteLength, arrayBuffer: async () => bytes }));
  }
  return shelved;
};
