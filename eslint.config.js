import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

/** Beyond this, a file usually holds two ideas, and a function two steps. */
const SIZE = {
  'max-lines': ['error', { max: 400, skipComments: true, skipBlankLines: true }],
  'max-lines-per-function': ['error', { max: 40, skipComments: true, skipBlankLines: true }],
  'max-params': ['error', 3],
  complexity: ['error', 10],
};

export default tseslint.config(
  { ignores: ['node_modules/', 'cdk.out/', 'dist/', 'test/integration/package/app/', '.cache/', 'coverage/'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...SIZE,
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A type parameter used once is how a projection carries its row types from the declaration to the row.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // `Record<never, Lookup>`, a projection without lookups, is an empty object type on purpose.
      '@typescript-eslint/no-generated-empty-object-type': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['test/**', '**/*.config.*'],
    plugins: { jsdoc },
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          contexts: [
            'FunctionDeclaration',
            'ClassDeclaration',
            'TSInterfaceDeclaration',
            'TSTypeAliasDeclaration',
            'ExportNamedDeclaration > VariableDeclaration',
          ],
          require: { FunctionDeclaration: true, ClassDeclaration: true },
          checkConstructors: false,
          enableFixer: false,
        },
      ],
      'jsdoc/require-description': ['error', { contexts: ['any'] }],
      'jsdoc/no-types': 'error',
      'jsdoc/check-tag-names': ['error', { typed: false, definedTags: ['remarks', 'typeParam', 'defaultValue'] }],
    },
  },
  {
    // A declaration: a row has a line per column, and a switch a case per type of event.
    files: ['functions/*/projection.ts'],
    rules: { 'max-lines': 'off', 'max-lines-per-function': 'off', complexity: 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-params': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
