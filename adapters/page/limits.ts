/** The page's own limits, in one place. Whatever meets one is told so in words. */

/** characters of a message or command line, as Discord allows in a message of its paying members */
export const TEXT = 4000;
/** characters of a person's name; Discord's display names have 32 */
export const NAME = 32;
/** characters of a channel's name */
export const CHANNEL = 32;
export const CHANNELS = 60;
/** bytes of a posted event without files */
export const BODY = 64 * 1024;
/** bytes of one handed-in file */
export const FILE = 512 * 1024;
/** form fields in an event, characters in one */
export const FIELDS = 25;
export const FIELD = 10_000;
/** values of one select */
export const VALUES = 25;

/** events a person may send: this many in that many milliseconds */
export const EVENTS = { count: 20, per: 5000 };
/** completion look-ups go with key strokes */
export const COMPLETIONS = { count: 60, per: 5000 };
/** wrong tokens at the gate, over all visitors */
export const WRONG_TOKENS = { count: 10, per: 60_000 };
/** people whose pace is remembered at once */
export const PACES = 10_000;

/** open event streams of one person (tabs), and of all */
export const STREAMS_EACH = 8;
export const STREAMS = 500;
/** events kept so that a connection that dropped can go on where it was */
export const REPLAY = 500;
/** events waiting for a slow reader before its connection is cut; it catches up when it comes back */
export const QUEUE = 300;
/** milliseconds between signs of life on a stream; proxies close silent connections after 60 s (nginx proxy_read_timeout) */
export const BEAT = 20_000;

/** messages kept in a channel, threads included */
export const KEPT = 2000;
/** bytes of pictures and files kept */
export const KEPT_BYTES = 256 * 1024 * 1024;
/** messages handed out at once */
export const PAGE = 60;

/** milliseconds to wait for answers under way when closing */
export const PARTING = 5000;
/** sign-in lasts: seconds; the longest a browser keeps a cookie is 400 days (RFC 6265bis, 5.5) */
export const SIGNED_IN = 400 * 24 * 3600;
