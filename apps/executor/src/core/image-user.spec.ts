import { imageUser, type ImageUser } from './image-user.js';

const PASSWD =
  'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1001:Node:/home/node:/bin/sh\nodd:x:5:5::relative:/bin/sh\nbroken:x:-1:0::/:\n';
const GROUP = 'root:x:0:\nnode:x:1001:\nwheel:x:10:node,root\nother:x:11:nodes\n';

// prettier-ignore
const table: [spec: string, user: ImageUser | undefined][] = [
  ['', { uid: 0, gid: 0, groups: [10], home: '/root' }],
  ['node', { uid: 1000, gid: 1001, groups: [10], home: '/home/node' }],
  ['1000', { uid: 1000, gid: 1001, groups: [10], home: '/home/node' }],
  ['node:wheel', { uid: 1000, gid: 10, groups: [], home: '/home/node' }],
  ['1234:5678', { uid: 1234, gid: 5678, groups: [], home: '/' }],
  ['1234', { uid: 1234, gid: 0, groups: [], home: '/' }],
  ['odd', { uid: 5, gid: 5, groups: [], home: '/' }],
  ['nobody', undefined],
  ['node:nothing', undefined],
  ['broken', undefined],
  ['-1', undefined],
  ['99999999999', undefined],
];

test.each(table)('imageUser reads %j', (spec, user) => {
  expect(imageUser(spec, PASSWD, GROUP)).toEqual(user);
});

test('imageUser needs no database for numbers', () => {
  expect(imageUser('', '', '')).toEqual({ uid: 0, gid: 0, groups: [], home: '/root' });
  expect(imageUser('7:8', '', '')).toEqual({ uid: 7, gid: 8, groups: [], home: '/' });
});
