package io.rowpost.testservers;

import java.nio.file.Path;
import java.util.List;

/** How a product makes a server of its own in a folder. */
interface DatabaseEngine {

  DatabaseProduct product();

  /** The user who may do all, without a password. */
  String user();

  /** Creates the data in an empty folder. */
  void install(Path folder);

  /** The command that runs the server in the foreground, on the loopback address. */
  List<String> serve(Path folder, int port);

  /** The signal to which the server answers by ending open transactions and going. */
  String stopSignal();

  /** The signal to which it goes at once, to recover at the next start. */
  String immediateStopSignal();

  /** Tidies what a killed server leaves outside of its folder. */
  void tidy(Path folder);
}
