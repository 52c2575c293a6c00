import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Takes the place of the SDK's default credential chain in a bundle: on Lambda the role's credentials are environment
 * variables, and the rest of the chain (profiles, single sign-on, instance metadata) is a fifth of the bundle.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html}
 */
export const defaultProvider = () => fromEnv();
