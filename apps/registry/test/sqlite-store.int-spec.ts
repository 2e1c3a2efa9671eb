import { join } from 'node:path';
import { tempDir } from '@slipway/testing';
import { openObjectStore } from '../src/io/sql/open.js';
import { objectStoreContract } from '../src/io/object-store.contract.js';

objectStoreContract('SQLite', async () => openObjectStore(`sqlite:${join((await tempDir()).path, 'store.db')}`));
