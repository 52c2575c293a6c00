import { takePicture } from '../drills/page/take-picture.ts';
import { openScreen } from '../local/run/screen.ts';

using screen = openScreen();
await takePicture('docs/page.png', screen);
