/** The page begins here. */
import { render } from 'preact';
import { startAddressBar } from './address-bar.ts';
import { App } from './app.tsx';
import { startRemoteDesk } from './desk/remote.ts';
import { acceptFiles } from './drop.ts';
import { startKeys } from './shortcuts.ts';
import { startTheme } from './theme.ts';
import { startListing } from './traffic/listing.ts';

startTheme();
startAddressBar();
render(<App />, document.getElementById('page')!);
startListing();
startKeys();
acceptFiles();
startRemoteDesk();
