package io.rowpost.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule meets code that breaks it: a rule that cannot fail proves nothing. */
class RulesGoRedTest {

  private static final JavaFileObject CLEAN =
      source("io.rowpost.core.Clean", "/** Says what it is. */ public class Clean {}");

  @TempDir Path output;

  static Stream<Arguments> brokenRules() {
    return Stream.of(
        arguments(
            Rules.dependsOnCoreAlone("io.rowpost.kafka"),
            List.of(
                source("io.rowpost.kafka.Sideways", "class Sideways { io.rowpost.jdbc.Store a; }"),
                source("io.rowpost.jdbc.Store", "public class Store {}"))),
        arguments(
            Rules.coreStandsAlone(),
            List.of(source("io.rowpost.core.UsesSql", "class UsesSql { java.sql.Date a; }"))),
        arguments(
            Rules.coreStandsAlone(),
            List.of(source("io.rowpost.core.Arrays", "class Arrays { java.sql.Date[][] a; }"))),
        arguments(
            Rules.livesInOnePackage(Rules.CORE),
            List.of(source("io.rowpost.core.sub.Deeper", "class Deeper {}"))),
        arguments(
            Rules.asksNoClock(),
            List.of(
                source(
                    "io.rowpost.core.Lateness",
                    "class Lateness { Object at = java.time.Instant.now(); }"))),
        arguments(
            Rules.hasTellingNames(),
            List.of(source("io.rowpost.core.StoreImpl", "class StoreImpl {}"))),
        arguments(
            Rules.hasTellingNames(),
            List.of(source("io.rowpost.core.Outer", "class Outer { static class TextUtils {} }"))),
        arguments(
            Rules.hasTellingNames(),
            List.of(source("io.rowpost.core.internal.Hidden", "class Hidden {}"))));
  }

  @ParameterizedTest
  @MethodSource("brokenRules")
  void shapeRulesFail(ArchRule rule, List<JavaFileObject> planted) {
    assertThat(violations(List.of(rule), compile(planted))).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Thread.sleep(1)",
        "java.util.concurrent.TimeUnit.DAYS.sleep(1)",
        "Class.forName(\"x\")",
        "getClass().getClassLoader().loadClass(\"x\")",
        "Runtime.getRuntime().exec(\"x\")",
        "new ProcessBuilder(\"x\").start()",
        "new java.io.ObjectInputStream(null).readObject()",
        "new javax.script.ScriptEngineManager()",
        "new javax.naming.InitialContext()",
        "System.out.println()",
        "((java.util.concurrent.Callable<?>) () -> Class.forName(\"x\")).call()",
      })
  void bansFail(String statement) {
    String code = "class Planted { void run() throws Exception { %s; } }".formatted(statement);
    JavaClasses classes = compile(List.of(source("io.rowpost.core.Planted", code)));
    assertThat(violations(Rules.banned(), classes)).isNotEmpty();
  }

  @Test
  void bansSeeMethodReferences() {
    String code =
        """
        class Planted {
          interface Pause { void pause(long millis) throws Exception; }
          Pause pause = Thread::sleep;
        }
        """;
    JavaClasses classes = compile(List.of(source("io.rowpost.core.Planted", code)));
    assertThat(violations(Rules.banned(), classes)).isNotEmpty();
  }

  @Test
  void programsMayAnswerWhereTheyWereStarted() {
    String code =
        "class Planted { public static void main(String[] arguments) { System.out.println(); } }";
    JavaClasses classes = compile(List.of(source("io.rowpost.core.Planted", code)));
    assertThat(violations(Rules.banned(), classes)).isEmpty();
  }

  @Test
  void cleanCodePasses() {
    JavaClasses classes = compile(List.of(CLEAN));
    assertThat(violations(Rules.banned(), classes)).isEmpty();
    assertThat(
            violations(
                List.of(
                    Rules.coreStandsAlone(),
                    Rules.dependsOnCoreAlone("io.rowpost.core"),
                    Rules.livesInOnePackage("io.rowpost.core"),
                    Rules.hasTellingNames()),
                classes))
        .isEmpty();
    assertThat(Sources.undocumented(List.of(CLEAN))).isEmpty();
    assertThat(Sources.sleeping(List.of(CLEAN))).isEmpty();
  }

  @Test
  void publicTypesAreTopLevelAndPublic() {
    JavaClasses classes =
        compile(
            List.of(
                source("io.rowpost.core.Shown", "public class Shown { public enum Inner {} }"),
                source("io.rowpost.core.Hidden", "class Hidden {}"),
                CLEAN));
    assertThat(Rules.publicTypes(classes)).containsExactly("Clean", "Shown");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "public class Silent {}",
        "/** */ public class Silent {}",
        "/** Speaks. */ public class Planted { public record Silent() {} }",
        "/** Speaks. */ public interface Planted { enum Silent {} }",
      })
  void undocumentedTypesAreFound(String code) {
    assertThat(Sources.undocumented(List.of(source("io.rowpost.core.Planted", code))))
        .singleElement()
        .asString()
        .endsWith("Silent has no Javadoc");
  }

  @Test
  void undocumentedPackagesAreFound() {
    assertThat(Sources.undocumented(List.of(source("io.rowpost.core.package-info", ""))))
        .singleElement()
        .asString()
        .endsWith("io.rowpost.core has no Javadoc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Thread", "java.lang.Thread", "TimeUnit.SECONDS"})
  void sleepIsFoundInSources(String owner) {
    String code =
        "class Planted { A a = %1$s::sleep; void run() throws Exception { %1$s.sleep(1); } }";
    assertThat(Sources.sleeping(List.of(source("io.rowpost.Planted", code.formatted(owner)))))
        .hasSize(2)
        .allMatch(line -> line.endsWith(owner + ".sleep"));
  }

  private static List<String> violations(List<ArchRule> rules, JavaClasses classes) {
    return rules.stream()
        .map(rule -> rule.evaluate(classes))
        .filter(EvaluationResult::hasViolation)
        .flatMap(result -> result.getFailureReport().getDetails().stream())
        .toList();
  }

  private JavaClasses compile(List<JavaFileObject> files) {
    List<String> options = List.of("-d", output.toString(), "-proc:none", "-nowarn");
    assertThat(Sources.COMPILER.getTask(null, null, null, options, null, files).call())
        .as("the planted code compiles")
        .isTrue();
    return new ClassFileImporter().importPath(output);
  }

  private static JavaFileObject source(String name, String code) {
    String packageName = name.substring(0, name.lastIndexOf('.'));
    URI uri = URI.create("planted:///" + name.replace('.', '/') + ".java");
    return new SimpleJavaFileObject(uri, JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return "package %s;%n%s".formatted(packageName, code);
      }
    };
  }
}
