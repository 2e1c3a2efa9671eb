export function cancel(..._all: unknown[]): Promise<number> {
  return Promise.reject(new Error('not yet'));
}
