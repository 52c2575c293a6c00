import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { bundleStackCode, EventProcessor } from 'kinesis-to-aurora/cdk';

const app = new App();
const stack = new Stack(app, 'payments');
const onCall = new Topic(stack, 'OnCall');
const shop = new Role(stack, 'Shop', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });

const processor = new EventProcessor(stack, 'Payments', {
  code: await bundleStackCode('payments'),
  removalPolicy: RemovalPolicy.DESTROY,
  pageTopic: onCall,
  mappingOptions: { batchSize: 500 },
});
processor.grantProducer(shop);

app.synth();
