export function describe(..._all: unknown[]): Promise<number> {
  return Promise.reject(new Error('not yet'));
}
