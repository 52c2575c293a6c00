/** Credentials that satisfy the AWS clients; the local servers do not look at them. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;
