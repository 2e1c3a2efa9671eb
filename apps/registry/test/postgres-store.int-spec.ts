import { findPostgres, startTestPostgres, type TestPostgres } from '@slipway/testing';
import { openObjectStore } from '../src/io/sql/open.js';
import { objectStoreContract } from '../src/io/object-store.contract.js';

const bin = await findPostgres();

if (bin === undefined) {
  test.skip('NO POSTGRESQL ON THIS MACHINE: the contract of the object store is not checked on it', () => undefined);
} else {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres(bin);
  }, 60_000);
  afterAll(() => server.stop());

  objectStoreContract('PostgreSQL', async () => openObjectStore(await server.createDatabase()));
}
