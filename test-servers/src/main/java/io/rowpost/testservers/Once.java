package io.rowpost.testservers;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A server looked for once per JVM; that it is absent, and why, is remembered too. */
final class Once<T> {

  private final Supplier<T> search;
  private @Nullable T found;
  private @Nullable ServerAbsentException absent;

  Once(Supplier<T> search) {
    this.search = search;
  }

  synchronized T get() {
    if (absent != null) {
      throw absent;
    }
    T server = found;
    if (server == null) {
      try {
        server = search.get();
      } catch (ServerAbsentException e) {
        absent = e;
        throw e;
      }
      found = server;
    }
    return server;
  }
}
