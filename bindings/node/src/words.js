// The header's enums, in its order: the place in the list is the value.
export const STATES = ['free', 'held', 'stale'];
export const FILESYSTEMS = ['unknown', 'local', 'distributed', 'no-locks'];
export const LIVENESS = ['unknown', 'live', 'dead', 'recycled', 'foreign'];
export const RELATIONS = ['unknown', 'self', 'ancestor', 'other'];
