package io.rowpost.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The modules of the reactor as they lie on disk. */
final class Project {

  static final Path ROOT = root();
  private static final Map<Path, JavaClasses> IMPORTED = new ConcurrentHashMap<>();
  private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");
  private static final Pattern OWN_ARTIFACT =
      Pattern.compile("<groupId>io\\.rowpost</groupId>\\s*<artifactId>([^<]+)</artifactId>");

  private Project() {}

  /** Every module that holds Java sources. */
  static List<Module> modules() {
    return matches(ROOT.resolve("pom.xml"), MODULE)
        .map(folder -> new Module(ROOT.resolve(folder)))
        .filter(module -> Files.isDirectory(module.folder().resolve("src")))
        .toList();
  }

  /** What users get: the modules that the BOM names, so a new one cannot be forgotten here. */
  static List<Module> published() {
    return matches(ROOT.resolve("rowpost-bom/pom.xml"), OWN_ARTIFACT)
        .filter(artifact -> !artifact.equals("rowpost-bom"))
        .map(artifact -> new Module(ROOT.resolve(artifact)))
        .toList();
  }

  /** Tests of all modules: classes, and {@code Class#method}. */
  static Set<String> tests() {
    List<Path> sources = modules().stream().flatMap(m -> m.allSources().stream()).toList();
    Set<String> known =
        new HashSet<>(
            Sources.tests(
                Sources.COMPILER
                    .getStandardFileManager(null, null, null)
                    .getJavaFileObjectsFromPaths(sources)));
    sources.forEach(file -> known.add(file.getFileName().toString().replace(".java", "")));
    return known;
  }

  private static Stream<String> matches(Path file, Pattern pattern) {
    return pattern.matcher(read(file)).results().map((MatchResult found) -> found.group(1));
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("rowpost-bom"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("not started inside the project");
      }
    }
    return folder;
  }

  /** One module by its folder. */
  record Module(Path folder) {

    String name() {
      return ROOT.relativize(folder).toString();
    }

    /** The one package of a published module. */
    String packageName() {
      return "io.rowpost." + name().replace("rowpost-", "").replace("-", "");
    }

    JavaClasses mainClasses() {
      return IMPORTED.computeIfAbsent(
          folder.resolve("target/classes"), new ClassFileImporter()::importPath);
    }

    List<Path> mainSources() {
      return sources("src/main/java");
    }

    List<Path> allSources() {
      return sources("src");
    }

    private List<Path> sources(String subfolder) {
      Path start = folder.resolve(subfolder);
      if (!Files.isDirectory(start)) {
        return List.of();
      }
      try (Stream<Path> files = Files.walk(start)) {
        return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public String toString() {
      return name();
    }
  }
}
