import { App } from 'aws-cdk-lib';
import { bundleStackCode, EventProcessorStack } from 'kinesis-to-aurora/cdk';

const app = new App();
const code = await bundleStackCode('payments');
new EventProcessorStack(app, 'payments-test', { functionName: 'payments', removalPolicy: 'destroy', code });
app.synth();
