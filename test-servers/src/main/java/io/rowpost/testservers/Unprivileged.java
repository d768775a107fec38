package io.rowpost.testservers;

import java.nio.file.Path;
import java.util.List;

/** Runs a server that refuses to run as root when these tests do. */
enum Unprivileged {
  /** These tests do not run as root. */
  ALREADY {
    @Override
    List<String> prefix(Path folder) {
      return List.of();
    }
  },

  /** In a user namespace of its own root is nobody, yet keeps its files. */
  NAMESPACE {
    @Override
    List<String> prefix(Path folder) {
      return List.of("unshare", "-U");
    }
  },

  /** Where namespaces are forbidden, as in many containers: as nobody, who gets the folder. */
  NOBODY {
    @Override
    List<String> prefix(Path folder) {
      ServerProcess.run(
          ServerProcess.log(folder), List.of("chown", "-R", ID + ":" + ID, folder.toString()));
      return List.of("setpriv", "--reuid=" + ID, "--regid=" + ID, "--clear-groups");
    }
  };

  private static final String ID = "65534";

  /** The gentlest way that works here. */
  static Unprivileged here() {
    if (!"root".equals(System.getProperty("user.name"))) {
      return ALREADY;
    }
    int status = ServerProcess.statusOf(ServerProcess.NO_LOG, List.of("unshare", "-U", "true"));
    return status == 0 ? NAMESPACE : NOBODY;
  }

  /** What to put before the command, so that it may work in the folder without being root. */
  abstract List<String> prefix(Path folder);
}
