package io.rowpost.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.architecture.Documents.Document;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every code that a user can meet is explained, and no other. */
class ErrorCodesTest {
  private static final Pattern CODE = Pattern.compile("ROWPOST-\\d{3}");

  private static final Document ERRORS = Documents.document("docs/errors.md");

  /** Javadoc counts: it may promise a code of implementations that stand elsewhere. */
  @Test
  void theCodesOfTheProgramAreThoseExplained() {
    assertThat(ERRORS.headings(3, 3))
        .as("codes; each has its entry in docs/errors.md")
        .containsExactlyInAnyOrderElementsOf(
            Project.published().stream()
                .flatMap(module -> module.mainSources().stream())
                .flatMap(file -> codes(Project.read(file)))
                .collect(Collectors.toSet()));
  }

  /** An error that no test has met may come at the wrong time, or say the wrong thing. */
  @Test
  void eachCodeIsMetByATest() {
    Set<Path> published =
        Project.published().stream()
            .flatMap(module -> module.mainSources().stream())
            .collect(Collectors.toSet());
    assertThat(
            Project.modules().stream()
                .flatMap(module -> module.allSources().stream())
                .filter(file -> !published.contains(file) || isContract(file))
                .flatMap(file -> codes(Project.read(file)))
                .collect(Collectors.toSet()))
        .containsAll(ERRORS.headings(3, 3));
  }

  private static boolean isContract(Path file) {
    return file.startsWith(Project.ROOT.resolve("rowpost-testkit"));
  }

  @ParameterizedTest
  @MethodSource("io.rowpost.architecture.Documents#all")
  void documentsNameNoOtherCodes(Document document) {
    assertThat(ERRORS.headings(3, 3)).containsAll(codes(document.text()).toList());
  }

  @Test
  void eachEntryTellsWhatWhyAndTheFix() {
    assertThat(ERRORS.headings(3, 3))
        .doesNotHaveDuplicates()
        .isSorted()
        .allSatisfy(
            code ->
                assertThat(ERRORS.section(code))
                    .containsPattern("^\\n\\*\\*[^*]+\\*\\*\\nWhy: .+\\nFix: .+"));
  }

  private static Stream<String> codes(String text) {
    return CODE.matcher(text).results().map(MatchResult::group);
  }
}
