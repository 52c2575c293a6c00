/**
 * What a stack, which names the database roles, and the migrations, which make them, agree on.
 *
 * @module
 */
import { POSTGRES_MAX_NAME_BYTES } from './limits.ts';

/** Stands behind a role's name in that of its second user: what AWS's own rotations of two alternating users write. */
export const SECOND_USER_ENDING = '_clone';

/** Longest name of a role, in bytes: that of its second user must fit, too. */
export const MAX_ROLE_NAME_BYTES = POSTGRES_MAX_NAME_BYTES - SECOND_USER_ENDING.length;
