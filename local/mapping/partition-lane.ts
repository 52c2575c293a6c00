/** FNV-1a, 32 bit: spreads short keys well and costs next to nothing. */
const FNV_OFFSET_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * The lane of a partition key: the same key is always in the same lane, so a lane worked through in order keeps the
 * order of every key. How AWS maps keys to lanes is not known; any stable hash keeps the documented promise.
 *
 * @param partitionKey the record's partition key
 * @param lanes number of lanes, from 1
 * @returns a lane number from 0 to `lanes - 1`
 */
export function laneOf(partitionKey: string, lanes: number): number {
  if (lanes === 1) return 0;
  let hash = FNV_OFFSET_BASIS;
  for (let index = 0; index < partitionKey.length; index += 1) {
    hash = Math.imul(hash ^ partitionKey.charCodeAt(index), FNV_PRIME);
  }
  // The low bits of FNV alone are weak for a small modulus.
  return ((hash ^ (hash >>> 15)) >>> 0) % lanes;
}
