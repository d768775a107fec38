package io.rowpost.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.architecture.Documents.Document;
import io.rowpost.architecture.Documents.Extract;
import io.rowpost.architecture.Project.Module;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the documents say is there. */
class DocumentsTest {
  static final List<Document> DOCUMENTS = Documents.all();
  static final List<Module> PUBLISHED = Project.published();

  @ParameterizedTest
  @FieldSource("DOCUMENTS")
  void linksLeadSomewhere(Document document) {
    assertThat(document.links()).allMatch(document::leadsSomewhere);
  }

  /** A claim without its test is a wish. */
  @Test
  void testsThatAreNamedExist() {
    Set<String> known = Project.tests();
    for (Document document : DOCUMENTS) {
      assertThat(known).as(document.path()).containsAll(document.tests());
    }
  }

  /** So every line of Java that a reader copies has been compiled. */
  @ParameterizedTest
  @FieldSource("DOCUMENTS")
  void codeIsTakenFromCompiledSources(Document document) {
    for (Extract extract : document.extracts()) {
      assertThat(extract.code())
          .as("%s [%s] in %s", extract.source(), extract.part(), document.path())
          .isEqualTo(extract.original());
    }
    assertThat(document.code("java"))
        .as("blocks of Java in %s that say where they come from", document.path())
        .hasSameSizeAs(document.extracts());
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "README.ko.md"})
  void readmesShowHowToAppendPublishAndConsume(String path) {
    assertThat(Documents.document(path).extracts().stream().map(Extract::part))
        .containsExactly("write", "publish", "consume");
  }

  @ParameterizedTest
  @CsvSource({"README.md, 200", "README.ko.md, 270"})
  void readmesAreShortAndBeginWithTheTwoCommands(String path, long mostLines) {
    Document readme = Documents.document(path);
    assertThat(readme.text().lines().count()).isLessThanOrEqualTo(mostLines);
    assertThat(readme.code("sh").get(0).lines().map(line -> line.replaceAll("\\s*#.*", "")))
        .containsExactly("mvn -q -Pdemo", "mvn verify");
    assertThat(readme.text().substring(0, readme.text().indexOf("```")).lines().count())
        .as("lines before the first command")
        .isLessThan(10);
  }

  @Test
  void theKoreanReadmeHasTheSevenHeadingsOfThePatternsUsualDescription() {
    assertThat(Documents.document("README.ko.md").headings(2, 2))
        .containsExactly("문제 상황", "해결", "전체 흐름", "Outbox 패턴", "Inbox 패턴", "핵심 구조", "실행 방법");
  }

  @Test
  void theKoreanReadmesTreeNamesTypesThatExist() {
    String tree =
        Documents.codeIn(Documents.document("README.ko.md").section("핵심 구조"), "text").get(0);
    assertNamesTypesThatExist(tree.replace("CloudEvents", ""), 15);
  }

  @Test
  void theWordsOfThePatternLeadToTypesThatExist() {
    assertNamesTypesThatExist(
        Documents.document("README.md").section("If you know the pattern"), 7);
  }

  private static void assertNamesTypesThatExist(String text, int moreThan) {
    Set<String> types =
        Project.modules().stream()
            .flatMap(module -> module.allSources().stream())
            .map(file -> file.getFileName().toString().replace(".java", ""))
            .collect(Collectors.toSet());
    List<String> named =
        Pattern.compile("\\b(?:[A-Z][a-z]+){2,}\\b|\\b(?:Order|Payment|Message)\\b")
            .matcher(text)
            .results()
            .map(MatchResult::group)
            .toList();
    assertThat(named).hasSizeGreaterThan(moreThan);
    assertThat(types).containsAll(named);
  }

  @Test
  void coordinatesAreThoseOfTheBuild() {
    String pom = Project.read(Project.ROOT.resolve("rowpost-parent/pom.xml"));
    String version = pom.split("<version>", 2)[1].split("</version>", 2)[0];
    List<String> blocks = Documents.document("README.md").code("xml");
    assertThat(blocks).isNotEmpty();
    assertThat(String.join("\n", blocks))
        .contains("<version>" + version + "</version>")
        .doesNotContain("<artifactId>rowpost</artifactId>");
  }

  @ParameterizedTest
  @FieldSource("PUBLISHED")
  void modulesGiveTheirReasons(Module module) {
    Document rationale = Documents.document(module.name() + "/RATIONALE.md");
    assertThat(rationale.headings(2, 2)).isNotEmpty().allMatch(question -> question.endsWith("?"));
    for (String question : rationale.headings(2, 2)) {
      assertThat(new Document(rationale.path(), rationale.section(question)).tests())
          .as("tests that prove the answer to \"%s\"", question)
          .isNotEmpty();
    }
  }
}
