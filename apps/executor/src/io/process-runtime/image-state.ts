// Whether an image is at hand on this node: what an Image object says without any hope in it.

import { existsSync, readFileSync } from 'node:fs';
import type { ImageState } from '../../core/image-cache.js';
import { OWN_IMAGES, imageNotice, matchImage, parseImages } from './images.js';

/** Asks the operator's images file, read once; undefined for an image that it has nothing for. Paths of the node are not told: tenants read the answer. */
export function namedImages(imagesFile: string | undefined, node: string): (image: string) => ImageState | undefined {
  const entries = imagesFile === undefined ? [] : parseImages(readFileSync(imagesFile, 'utf8'), imagesFile);
  return (image) => {
    const entry = matchImage(image, entries);
    if (OWN_IMAGES.has(image)) return { status: 'True', reason: 'AtHand', message: `It comes with Slipway.` };
    if (entry === undefined) return undefined;
    if (entry.rootfs === undefined) {
      const message = `Programs of node ${node} stand in for it, as its images file says.`;
      return { status: 'False', reason: 'StoodIn', message };
    }
    if (!existsSync(entry.rootfs)) {
      const message = `The folder that the images file of node ${node} names for it is not there.`;
      return { status: 'False', reason: 'RootMissing', message };
    }
    return { status: 'True', reason: 'AtHand', message: `Its root file system is at hand on node ${node}.` };
  };
}

/** Of an image that the file has nothing for, where nothing is pulled. */
export function stoodInState(image: string): ImageState {
  return { status: 'False', reason: 'HostStandsIn', message: imageNotice(image) };
}
