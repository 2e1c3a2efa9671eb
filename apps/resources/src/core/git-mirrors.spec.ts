import { gitMirrors } from './git-mirrors.js';

test("gitMirrors reads git's insteadOf among its settings", () => {
  expect(
    gitMirrors([
      ['url.http://127.0.0.1:1/.insteadOf', 'https://github.com/'],
      ['http.sslVerify', 'false'],
    ]),
  ).toEqual([{ from: 'https://github.com/', to: 'http://127.0.0.1:1/' }]);
});
