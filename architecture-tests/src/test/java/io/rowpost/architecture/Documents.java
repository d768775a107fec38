package io.rowpost.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The project's documents: what they say in a form that code can be compared with. */
final class Documents {
  private static final Set<String> FOLDERS_WITHOUT = Set.of("target", "src", "node_modules");
  private static final Pattern FENCE = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```$");
  private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^(#{1,6}) (.+)$");
  private static final Pattern TEST =
      Pattern.compile("`([A-Z]\\w*(?:Test|Rules))(?:#(\\w+))?`", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern EXTRACT =
      Pattern.compile("(?m)^<!-- from (\\S+) \\[(\\w+)] -->\\n```java\\n");

  private Documents() {}

  /** Every Markdown file of the project. */
  static List<Document> all() {
    List<Document> documents = new ArrayList<>();
    collect(Project.ROOT, documents);
    return documents;
  }

  private static void collect(Path folder, List<Document> documents) {
    try (Stream<Path> children = Files.list(folder)) {
      for (Path child : children.sorted().toList()) {
        String name = child.getFileName().toString();
        if (Files.isDirectory(child)) {
          if (!name.startsWith(".") && !FOLDERS_WITHOUT.contains(name)) {
            collect(child, documents);
          }
        } else if (name.endsWith(".md")) {
          documents.add(document(Project.ROOT.relativize(child).toString()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Document document(String path) {
    return new Document(path, Project.read(Project.ROOT.resolve(path)));
  }

  /**
   * One Markdown file.
   *
   * @param path from the project's folder
   * @param text all of it
   */
  record Document(String path, String text) {

    /** Its path, for the names of tests. */
    @Override
    public String toString() {
      return path;
    }

    /** What stands outside of code blocks. */
    private String prose() {
      return FENCE.matcher(text).replaceAll("");
    }

    /** Links to files of the project, and to headings in them. */
    List<String> links() {
      return LINK.matcher(prose())
          .results()
          .map(found -> found.group(1))
          .filter(target -> !target.startsWith("https://"))
          .toList();
    }

    /** The file and the heading that a link of this document leads to. */
    boolean leadsSomewhere(String link) {
      String[] parts = link.split("#", 2);
      Path folder = Project.ROOT.resolve(path).resolveSibling("");
      Path target = parts[0].isEmpty() ? Project.ROOT.resolve(path) : folder.resolve(parts[0]);
      if (!Files.exists(target)) {
        return false;
      }
      return parts.length == 1
          || document(Project.ROOT.relativize(target.normalize()).toString())
              .anchors()
              .contains(parts[1]);
    }

    private Set<String> anchors() {
      Set<String> anchors = new HashSet<>();
      headings(1, 6)
          .forEach(
              heading ->
                  anchors.add(
                      heading
                          .toLowerCase(Locale.ROOT)
                          .replaceAll("[^\\p{L}\\p{N} _-]", "")
                          .replace(' ', '-')));
      return anchors;
    }

    /** Headings of some levels, without their hashes. */
    List<String> headings(int from, int to) {
      return HEADING
          .matcher(prose())
          .results()
          .filter(found -> found.group(1).length() >= from && found.group(1).length() <= to)
          .map(found -> found.group(2))
          .toList();
    }

    /** What stands below a heading, up to the next one of its level or a higher one. */
    String section(String heading) {
      MatchResult start =
          HEADING
              .matcher(text)
              .results()
              .filter(found -> found.group(2).equals(heading))
              .findFirst()
              .orElseThrow(() -> new AssertionError(path + " has no heading " + heading));
      int level = start.group(1).length();
      int end =
          HEADING
              .matcher(text)
              .results()
              .filter(found -> found.start() > start.start() && found.group(1).length() <= level)
              .mapToInt(MatchResult::start)
              .findFirst()
              .orElse(text.length());
      return text.substring(start.end(), end);
    }

    /** Tests named in this document: classes, or {@code Class#method}. */
    List<String> tests() {
      return TEST.matcher(text)
          .results()
          .map(
              found ->
                  found.group(2) == null ? found.group(1) : found.group(1) + "#" + found.group(2))
          .distinct()
          .toList();
    }

    /** Code blocks of a language. */
    List<String> code(String language) {
      return codeIn(text, language);
    }

    /** Code blocks that say which part of which source they repeat. */
    List<Extract> extracts() {
      return EXTRACT
          .matcher(text)
          .results()
          .map(
              found ->
                  new Extract(
                      found.group(1),
                      found.group(2),
                      text.substring(found.end(), text.indexOf("```", found.end()))))
          .toList();
    }
  }

  static List<String> codeIn(String markdown, String language) {
    return FENCE
        .matcher(markdown)
        .results()
        .filter(found -> found.group(1).equals(language))
        .map(found -> found.group(2))
        .toList();
  }

  /** The cells of a Markdown table's rows, without the heading. */
  static List<List<String>> table(String markdown) {
    return markdown
        .lines()
        .filter(line -> line.startsWith("|"))
        .skip(2)
        .map(line -> Arrays.stream(line.substring(1).split("\\|", -1)).map(String::strip).toList())
        .toList();
  }

  /**
   * A block of code and where it comes from.
   *
   * @param source path of the file
   * @param part name of the part, which stands between two lines {@code // [name]}
   * @param code the block
   */
  record Extract(String source, String part, String code) {

    /** The same part of the source, with its margin taken away. */
    String original() {
      String marker = "// [" + part + "]";
      List<String> lines = Project.read(Project.ROOT.resolve(source)).lines().toList();
      List<Integer> marks = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).strip().equals(marker)) {
          marks.add(i);
        }
      }
      if (marks.size() != 2) {
        throw new AssertionError("%s has %d lines %s".formatted(source, marks.size(), marker));
      }
      return String.join("\n", lines.subList(marks.get(0) + 1, marks.get(1)))
          .stripTrailing() // a blank last line would count as one without a margin
          .stripIndent()
          .strip()
          .concat("\n");
    }
  }
}
