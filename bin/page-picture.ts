import { takePicture } from '../drills/page/take-picture.ts';
import { openScreen } from '../command-line/screen.ts';

using screen = openScreen();
await takePicture('docs/page.png', screen);
