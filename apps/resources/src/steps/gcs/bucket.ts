// Objects of a bucket over Cloud Storage's JSON API.
//
//   B1. What was fetched is what the bucket has: every object is held against its MD5, or its CRC32C where it has no MD5.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AnswerError, type RestClient } from '../rest-client.js';
import { Crc32c } from './crc32c.js';

export interface StoredObject {
  name: string;
  size: number;
  /** Base64; absent for objects that were composed of others. */
  md5Hash?: string;
  crc32c?: string;
}

const ATTEMPTS = 4;
const MAX_OBJECTS = 1_000_000;
const FIELDS = 'name,size,md5Hash,crc32c';

export class Bucket {
  readonly #objects: string;

  constructor(
    private readonly client: RestClient,
    readonly name: string,
  ) {
    this.#objects = `/storage/v1/b/${encodeURIComponent(name)}/o`;
  }

  /** The objects whose names begin with a text, in the order of their names. */
  async list(prefix: string): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    let pageToken: string | undefined;
    do {
      const query = new URLSearchParams({ prefix, fields: `nextPageToken,items(${FIELDS})` });
      if (pageToken !== undefined) query.set('pageToken', pageToken);
      const page = await this.client.json<{ items?: Listed[]; nextPageToken?: string }>(
        'GET',
        `${this.#objects}?${query.toString()}`,
      );
      found.push(...(page.items ?? []).map(storedObject));
      if (found.length > MAX_OBJECTS) throw new Error(`gs://${this.name}/${prefix} has over ${MAX_OBJECTS} objects`);
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined && pageToken !== '');
    return found;
  }

  /** Undefined where there is none. */
  async find(name: string): Promise<StoredObject | undefined> {
    try {
      return storedObject(await this.client.json<Listed>('GET', `${this.#object(name)}?fields=${FIELDS}`));
    } catch (error) {
      if (error instanceof AnswerError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Writes an object to a file that is not there yet. */
  async download(object: StoredObject, file: string): Promise<void> {
    const answer = await this.client.read(`${this.#object(object.name)}?alt=media`);
    const md5 = createHash('md5');
    const crc = new Crc32c();
    const sums = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        md5.update(chunk);
        if (object.md5Hash === undefined) crc.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(answer, sums, createWriteStream(file, { flags: 'wx', mode: 0o644 }));
    const [is, has] =
      object.md5Hash === undefined ? [crc.base64(), object.crc32c] : [md5.digest('base64'), object.md5Hash];
    if (has !== undefined && is !== has) {
      throw new Error(`gs://${this.name}/${object.name} arrived broken: its checksum is ${is}, not ${has}`); // B1
    }
  }

  async upload(file: string, name: string): Promise<void> {
    const query = new URLSearchParams({ uploadType: 'media', name });
    const path = `/upload${this.#objects}?${query.toString()}`;
    for (let attempt = 1; ; attempt++) {
      const headers = { 'content-type': 'application/octet-stream', 'content-length': statSync(file).size };
      try {
        return await this.client.send(path, { method: 'POST', headers, body: createReadStream(file) });
      } catch (error) {
        const passes = !(error instanceof AnswerError) || error.status === 429 || error.status >= 500;
        if (!passes || attempt === ATTEMPTS) throw error; // the same name with the same content: it may be sent again
      }
    }
  }

  async put(name: string, content: Buffer): Promise<void> {
    const query = new URLSearchParams({ uploadType: 'media', name });
    const headers = { 'content-type': 'application/json' };
    await this.client.send(`/upload${this.#objects}?${query.toString()}`, { method: 'POST', headers, body: content });
  }

  async delete(name: string): Promise<void> {
    await this.client.send(this.#object(name), { method: 'DELETE' });
  }

  #object(name: string): string {
    return `${this.#objects}/${encodeURIComponent(name)}`;
  }
}

/** Numbers of 64 bits are texts in JSON. */
interface Listed {
  name: string;
  size?: string;
  md5Hash?: string;
  crc32c?: string;
}

function storedObject({ name, size, md5Hash, crc32c }: Listed): StoredObject {
  return {
    name,
    size: Number(size ?? 0),
    ...(md5Hash === undefined ? {} : { md5Hash }),
    ...(crc32c === undefined ? {} : { crc32c }),
  };
}
