package io.rowpost.verification;

import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;

/**
 * The events of all processes of a run: file by file, each in the order in which it was written.
 *
 * <p>Files are mapped, so a history of any length takes no memory of its own.
 */
final class History implements Iterable<Event> {
  private static final String SUFFIX = ".history";

  private final List<ByteBuffer> files;

  private History(List<ByteBuffer> files) {
    this.files = files;
  }

  static Path file(Path folder, int process) {
    return folder.resolve("%04d%s".formatted(process, SUFFIX));
  }

  static boolean isOne(Path file) {
    return file.toString().endsWith(SUFFIX);
  }

  /** Reads what lies in a folder now. */
  static History read(Path folder) {
    try (Stream<Path> found = Files.list(folder)) {
      var files = new ArrayList<ByteBuffer>();
      for (Path file : found.filter(History::isOne).sorted().toList()) {
        files.add(map(file));
      }
      return new History(files);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Up to the last whole event: a machine that crashes may leave a part of one. */
  private static ByteBuffer map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, READ)) {
      return channel.map(MapMode.READ_ONLY, 0, channel.size() / Event.BYTES * Event.BYTES);
    }
  }

  @Override
  public Iterator<Event> iterator() {
    return new Iterator<>() {
      private final Iterator<ByteBuffer> rest = files.iterator();
      private ByteBuffer current = ByteBuffer.allocate(0);

      @Override
      public boolean hasNext() {
        while (!current.hasRemaining() && rest.hasNext()) {
          current = rest.next().duplicate();
        }
        return current.hasRemaining();
      }

      @Override
      public Event next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        return Event.read(current);
      }
    };
  }
}
