import { gcsFailureReason } from './gcs-failures.js';

test.each([
  ['GcsAuthInvalid', 'GET /o answered 403', 403],
  ['GcsObjectNotFound', 'there is no object gs://b/o', undefined],
  ['GcsObjectNotFound', 'there is nothing below gs://b/o/', undefined],
  ['GcsObjectNotFound', 'GET /o answered 404', 404],
  ['GcsServerFailed', 'GET /o answered 503', 503],
  ['GcsContentRefused', 'the name "../evil" leads out of the folder', undefined],
  ['GcsContentRefused', 'there are more than 500000 files', undefined],
  ['GcsFailed', 'something else', undefined],
])('%s is why, when: %s', (reason, message, status) => {
  expect(gcsFailureReason(message, status)).toBe(reason);
});
