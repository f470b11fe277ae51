import { type Message, type Protocol, type Step, save } from './protocol.ts';

/** The service's own queues and positions survive a crash: each change is on disk before anything follows from it. */
export function durable<S, M extends Message, T extends string, P>(
  protocol: Protocol<S, M, T, P>,
): Protocol<S, M, T, P> {
  type Handler = (state: S, ...rest: unknown[]) => Step<S, M, T>;
  const wrap = (handlers: object): object =>
    Object.fromEntries(
      Object.entries(handlers as Record<string, Handler>).map(([name, handler]) => [
        name,
        (state: S, ...rest: unknown[]): Step<S, M, T> => {
          const [next, ...effects] = handler(state, ...rest);
          return next === state ? [next, ...effects] : [next, save(next), ...effects];
        },
      ]),
    );
  return {
    start(here, disk) {
      const [state, ...effects] = protocol.start(here, disk);
      return [state, save(state), ...effects];
    },
    on: wrap(protocol.on) as Protocol<S, M, T, P>['on'],
    after: wrap(protocol.after) as Protocol<S, M, T, P>['after'],
  };
}
