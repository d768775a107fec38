package io.rowpost.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import io.rowpost.architecture.Project.Module;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import javax.tools.JavaFileObject;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The shape of the code, checked on every module. */
class ArchitectureTest {

  static final List<Module> MODULES = Project.modules();
  static final List<Module> PUBLISHED = Project.published();

  @ParameterizedTest
  @FieldSource("PUBLISHED")
  void modulesDependOnCoreAlone(Module module) {
    JavaClasses classes = module.mainClasses();
    Rules.dependsOnCoreAlone(module.packageName()).check(classes);
    if (module.packageName().equals(Rules.CORE)) {
      Rules.coreStandsAlone().check(classes);
    }
  }

  @ParameterizedTest
  @FieldSource("PUBLISHED")
  void modulesAreOneFlatPackage(Module module) {
    Rules.livesInOnePackage(module.packageName()).check(module.mainClasses());
  }

  @ParameterizedTest
  @FieldSource("PUBLISHED")
  void nothingBannedIsCalled(Module module) {
    JavaClasses classes = module.mainClasses();
    Rules.banned().forEach(rule -> rule.check(classes));
  }

  @ParameterizedTest
  @FieldSource("PUBLISHED")
  void nothingIsDecidedByTheClockOfAProcess(Module module) {
    if (!module.packageName().equals("io.rowpost.testkit")) { // tests compare with their own clock
      Rules.asksNoClock().check(module.mainClasses());
    }
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void namesTellWhatThingsAre(Module module) {
    Rules.hasTellingNames().check(module.mainClasses());
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void nothingSleeps(Module module) {
    assertThat(Sources.sleeping(parsed(module.allSources()))).isEmpty();
  }

  @ParameterizedTest
  @FieldSource("PUBLISHED")
  void publicTypesAreDocumented(Module module) {
    assertThat(Sources.undocumented(parsed(module.mainSources()))).isEmpty();
  }

  /** The committed list is the place where a reviewer sees the API grow. */
  @ParameterizedTest
  @FieldSource("PUBLISHED")
  void publicTypesAreThoseCommitted(Module module) {
    Path list = module.folder().resolve("public-types.txt");
    SortedSet<String> types = Rules.publicTypes(module.mainClasses());
    assertThat(types)
        .as("public types of %s, against the sorted lines of %s", module, list.getFileName())
        .containsExactlyElementsOf(Project.read(list).lines().toList());
    if (module.packageName().equals(Rules.CORE)) {
      assertThat(types).hasSizeLessThanOrEqualTo(Rules.CORE_TYPE_LIMIT);
    }
  }

  private static Iterable<? extends JavaFileObject> parsed(List<Path> sources) {
    return Sources.COMPILER
        .getStandardFileManager(null, null, null)
        .getJavaFileObjects(sources.toArray(Path[]::new));
  }
}
