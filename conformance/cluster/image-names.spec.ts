import { imagesIn, nodeName } from './image-names.js';

test('imagesIn finds each image once, however it is quoted, and none that is put together from params', () => {
  const text = `
    - image: busybox # comment
    - { image: "alpine:3", name: a }
      image: 'mirror.example/git@sha256:ab'
    - image: busybox
    - image: $(params.image)
    - image: \${IMAGE}
    containerImages: many`;
  expect(imagesIn(text)).toEqual(['busybox', 'alpine:3', 'mirror.example/git@sha256:ab']);
});

test.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['alpine/git:v2', 'docker.io/alpine/git:v2'],
  ['mirror.gcr.io/bash', 'mirror.gcr.io/bash:latest'],
  ['localhost/a', 'localhost/a:latest'],
  ['registry:5000/a:1', 'registry:5000/a:1'],
  ['registry:5000/a', 'registry:5000/a:latest'],
  ['gcr.io/a:1@sha256:ab', 'gcr.io/a@sha256:ab'],
  ['ubuntu@sha256:ab', 'docker.io/library/ubuntu@sha256:ab'],
])('nodeName of %s is %s', (image, name) => {
  expect(nodeName(image)).toBe(name);
});
