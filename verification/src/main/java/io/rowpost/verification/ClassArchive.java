package io.rowpost.verification;

import com.zaxxer.hikari.HikariDataSource;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The classes of the libraries that children use, in the form in which a JVM maps them into its
 * memory (class data sharing): a child starts in half the time, and there are hundreds of them.
 *
 * <p>Made once, in some seconds, and kept with what was built. Without it children start all the
 * same.
 */
final class ClassArchive {
  private static final Logger LOG = LoggerFactory.getLogger(ClassArchive.class);
  private static final Path FOLDER = Path.of("target");
  private static final long LONGEST_MINUTES = 2;
  private static final String CLASS = ".class";

  private ClassArchive() {}

  /** The options of a child's JVM, its class path among them. */
  static List<String> options() {
    return Holder.OPTIONS;
  }

  private static final class Holder {
    static final List<String> OPTIONS = make();

    private Holder() {}
  }

  private static List<String> make() {
    String all = System.getProperty("java.class.path");
    try {
      Set<String> jars = jars();
      // An archive is for the class paths that begin with its own, and not for folders.
      String libraries = String.join(File.pathSeparator, jars);
      Path archive =
          FOLDER.resolve(
              "classes-%s-%08x.jsa".formatted(Runtime.version().feature(), libraries.hashCode()));
      if (!Files.exists(archive)) {
        dump(libraries, jars, archive);
      }
      return List.of(
          "-XX:SharedArchiveFile=" + archive, "-cp", libraries + File.pathSeparator + all);
    } catch (IOException | ReflectiveOperationException e) {
      LOG.warn("Children start slowly", e);
      return List.of("-cp", all);
    }
  }

  private static Set<String> jars() throws ReflectiveOperationException {
    var jars = new LinkedHashSet<String>();
    for (Class<?> one :
        List.of(
            KafkaProducer.class,
            HikariDataSource.class,
            Logger.class,
            Class.forName("org.slf4j.simple.SimpleLogger"),
            Class.forName("org.postgresql.Driver"),
            Class.forName("org.mariadb.jdbc.Driver"))) {
      jars.add(
          new File(one.getProtectionDomain().getCodeSource().getLocation().getPath()).getPath());
    }
    return jars;
  }

  private static void dump(String libraries, Set<String> jars, Path archive) throws IOException {
    Path list = Files.createTempFile(FOLDER, "classes", ".lst");
    Path made = Files.createTempFile(FOLDER, "classes", ".jsa");
    try {
      Files.write(list, names(jars));
      Path log = Files.createTempFile(FOLDER, "classes", ".log");
      Process process =
          new ProcessBuilder(
                  Child.JAVA,
                  "-Xshare:dump",
                  "-XX:+UseSerialGC",
                  "-XX:SharedClassListFile=" + list,
                  "-XX:SharedArchiveFile=" + made,
                  "-cp",
                  libraries)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      boolean ended = process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES);
      if (!ended || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException("the classes were not put into an archive, see " + log);
      }
      Files.delete(log);
      Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } finally {
      Files.deleteIfExists(list);
      Files.deleteIfExists(made);
    }
  }

  /** Those that the JDK itself would have in an archive, and all of the libraries. */
  private static List<String> names(Set<String> jars) throws IOException {
    Path ofJdk = Path.of(System.getProperty("java.home"), "lib", "classlist");
    var names = new LinkedHashSet<String>();
    try (Stream<String> lines = Files.lines(ofJdk)) {
      lines
          .filter(line -> Character.isLetter(line.charAt(0)) && !line.contains(" "))
          .forEach(names::add);
    }
    for (String jar : jars) {
      try (var file = new JarFile(jar)) {
        file.stream()
            .map(entry -> entry.getName())
            .filter(name -> name.endsWith(CLASS) && !name.startsWith("META-INF"))
            .forEach(name -> names.add(name.substring(0, name.length() - CLASS.length())));
      }
    }
    return List.copyOf(names);
  }
}
