// Sidecars that the cluster itself knows: it starts the steps when they are there and ends them when the steps are done, so
// nobody has to tell anybody through the API.

import type { Container } from '@slipway/contracts';
import type { Delivery } from './entrypoint-delivery.js';

export function hasNativeSidecars(delivery: Delivery): boolean {
  return delivery.kind === 'image' && delivery.features.nativeSidecars;
}

/** The sidecar as an init container that goes on. What it is ready by is what its steps wait for: a cluster asks that only
 * of a startup probe. */
export function nativeSidecar(sidecar: Container): Container {
  const startupProbe = sidecar.startupProbe ?? sidecar.readinessProbe;
  return { ...sidecar, restartPolicy: 'Always', ...(startupProbe === undefined ? {} : { startupProbe }) };
}
