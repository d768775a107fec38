package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** Whatever strangers call their messages, no two are taken for one. */
class DedupIdTest {
  private static final String HOSTILE =
      "aA/%2F5 \0\n\\:\u00E9\u0301\uFFFD\uFFFE\uD83D\uDE80\uD800\uAC00";

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        alike(),
        Arbitraries.strings().withChars(HOSTILE.toCharArray()).ofMinLength(1).ofMaxLength(40));
  }

  /** Small ones of few characters, so that two of them often are nearly the same. */
  @Provide
  Arbitrary<String> alike() {
    return Arbitraries.strings().withChars("/%2F5".toCharArray()).ofMinLength(1).ofMaxLength(6);
  }

  @Provide
  Arbitrary<String> aroundTheLimit() {
    return Arbitraries.oneOf(
        Arbitraries.strings().withChars("a/").ofMinLength(511).ofMaxLength(514),
        Arbitraries.strings().withChars("a/\uD83D\uDE80").ofMinLength(490).ofMaxLength(530),
        Arbitraries.strings().withChars("\0\uD800\uD801").ofMinLength(1).ofMaxLength(3));
  }

  /** A form that can be read back stands for one pair only. */
  @Property(seed = "1")
  void aFormIsReadBackAsItsPair(@ForAll("texts") String source, @ForAll("texts") String id) {
    Assume.that(!id.isBlank());
    DedupId form = DedupId.of(message(source, id), null);
    assertStorable(form);
    if (form.refusal() == null) {
      int slash = form.id().lastIndexOf('/');
      assertThat(form.id().substring(0, slash)).isEqualTo(source);
      assertThat(form.id().substring(slash + 1).replace("%2F", "/").replace("%25", "%"))
          .isEqualTo(id);
    } else {
      assertThat(isStorable(source + "/" + id)).isFalse();
    }
  }

  @Property(seed = "2")
  void noTwoPairsShareAForm(
      @ForAll("alike") String source,
      @ForAll("alike") String id,
      @ForAll("alike") String otherSource,
      @ForAll("alike") String otherId) {
    Assume.that(!source.equals(otherSource) || !id.equals(otherId));
    assertThat(DedupId.of(message(source, id), null))
        .isNotEqualTo(DedupId.of(message(otherSource, otherId), null));
  }

  @Property(seed = "3", tries = 300)
  void longIdsAreRefusedAndStayApart(
      @ForAll("aroundTheLimit") String id, @ForAll("aroundTheLimit") String other) {
    Assume.that(!id.equals(other));
    DedupId form = DedupId.of(message(id, id), m -> m.id());
    DedupId otherForm = DedupId.of(message(other, other), m -> m.id());
    assertStorable(form);
    assertThat(form.refusal() == null).isEqualTo(id.length() <= 512 && isStorable(id));
    assertThat(form.id()).isNotEqualTo(otherForm.id());
  }

  @Property(seed = "4")
  void aUuidIsTheSameHoweverItIsWritten(
      @ForAll long most, @ForAll long least, @ForAll("texts") String source) {
    String lower = new UUID(most, least).toString();
    var form = new DedupId(lower, null);
    assertThat(DedupId.of(message(source, lower), null)).isEqualTo(form);
    assertThat(DedupId.of(message(null, lower.toUpperCase(Locale.ROOT)), null)).isEqualTo(form);
    assertThat(DedupId.of(message(source, lower.replaceFirst("-", "_")), null)).isNotEqualTo(form);
  }

  @Provide
  Arbitrary<String> blanks() {
    return Arbitraries.strings().withChars(" \t\r\n\u2003\u2028").ofMaxLength(5);
  }

  @Property(seed = "5", tries = 100)
  void aBlankIdIsNone(@ForAll("blanks") String id, @ForAll("texts") String topic) {
    var message =
        new Message(id, topic, null, "T", null, "text/plain", Map.of(), null, null, new byte[0]);
    assertThatThrownBy(() -> DedupId.of(message, null))
        .isInstanceOfSatisfying(RejectedException.class, e -> assertThat(e.field()).isEqualTo("id"))
        .satisfies(
            e ->
                assertThat(Objects.requireNonNull(e.getMessage()).split("\\R", -1))
                    .as("what it says and its fix")
                    .hasSize(2));
  }

  @Property(seed = "6", tries = 200)
  void aMessageWithoutAnIdIsStoredUnderAnyPosition(@ForAll("texts") String position) {
    DedupId form = DedupId.of(message(null, " ").at(position), null);
    assertStorable(form);
    assertThat(form.refusal()).startsWith("ROWPOST-402 ");
  }

  private static Message message(@Nullable String source, String id) {
    return new Message(
        id, "topic", "k", "T", source, "text/plain", Map.of(), null, null, new byte[0]);
  }

  private static void assertStorable(DedupId form) {
    assertThat(form.id()).hasSizeBetween(1, 512);
    assertThat(isStorable(form.id())).as(form.id()).isTrue();
  }

  private static boolean isStorable(String id) {
    return id.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(id);
  }
}
