package scenario.recipes;

import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import java.util.function.Function;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;
import org.hibernate.cfg.JdbcSettings;
import org.jdbi.v3.core.Jdbi;
import org.jooq.impl.DSL;

/** The four recipes in one shape, so that one test can hold all of them to the same promise. */
@SuppressWarnings("ImmutableEnumChecker") // constructors are immutable, only not marked as such
enum Recipe {
  PLAIN_JDBC(PlainJdbcSteps::new),
  JOOQ(JooqSteps::new),
  JDBI(JdbiSteps::new),
  HIBERNATE(HibernateSteps::new);

  private final Function<TestShop, Steps> opening;

  Recipe(Function<TestShop, Steps> opening) {
    this.opening = opening;
  }

  Steps in(TestShop shop) {
    return opening.apply(shop);
  }

  /** What a recipe does. */
  interface Steps extends AutoCloseable {
    void place(Order order) throws Exception;

    InboxResult pay(Message message) throws Exception;

    @Override
    default void close() {}
  }

  private record PlainJdbcSteps(PlainJdbc recipe, TestShop shop) implements Steps {
    PlainJdbcSteps(TestShop shop) {
      this(new PlainJdbc(shop.dataSource()), shop);
    }

    @Override
    public void place(Order order) throws Exception {
      recipe.place(order);
    }

    @Override
    public InboxResult pay(Message message) throws Exception {
      return shop.inbox().process(message, PlainJdbc::pay);
    }
  }

  private record JooqSteps(JooqRecipe recipe) implements Steps {
    JooqSteps(TestShop shop) {
      this(
          new JooqRecipe(
              DSL.using(shop.dataSource(), shop.engine().jooq()), shop.outbox(), shop.inbox()));
    }

    @Override
    public void place(Order order) {
      recipe.place(order);
    }

    @Override
    public InboxResult pay(Message message) {
      return recipe.pay(message);
    }
  }

  private record JdbiSteps(JdbiRecipe recipe) implements Steps {
    JdbiSteps(TestShop shop) {
      this(new JdbiRecipe(Jdbi.create(shop.dataSource()), shop.outbox(), shop.inbox()));
    }

    @Override
    public void place(Order order) {
      recipe.place(order);
    }

    @Override
    public InboxResult pay(Message message) {
      return recipe.pay(message);
    }
  }

  private static final class HibernateSteps implements Steps {
    private final SessionFactory sessions;
    private final HibernateRecipe recipe;

    HibernateSteps(TestShop shop) {
      var configuration = new Configuration();
      configuration
          .addAnnotatedClass(OrderEntity.class)
          .addAnnotatedClass(CreditEntity.class)
          .addAnnotatedClass(PaymentEntity.class)
          .getProperties()
          .put(JdbcSettings.JAKARTA_NON_JTA_DATASOURCE, shop.dataSource());
      sessions = configuration.buildSessionFactory();
      recipe = new HibernateRecipe(sessions, shop.outbox(), shop.inbox());
    }

    @Override
    public void place(Order order) {
      recipe.place(order);
    }

    @Override
    public InboxResult pay(Message message) {
      return recipe.pay(message);
    }

    @Override
    public void close() {
      sessions.close();
    }
  }
}
