MVN ?= mvn
# One module and what it needs: make quick M=rowpost-core
SELECT = $(if $(M),-pl $(M) -am)

.PHONY: help build test quick fmt demo bench bench-quick peers faults faults-prove soak keep-report \
  models sim coverage ci

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## compile, package and check everything, without tests
	$(MVN) verify -DskipTests $(SELECT)

test: ## all checks and tests but the long faults (make faults)
	$(MVN) verify $(SELECT)

quick: ## compile and test without the checks; T=SomeTest runs one class
	$(MVN) -Pquick test $(SELECT) $(if $(T),-Dtest=$(T) -Dsurefire.failIfNoSpecifiedTests=false)

fmt: ## format the code
	$(MVN) -q spotless:apply $(SELECT)

demo: ## run the order and payment scenario; ARGS="..." are its flags
	$(MVN) -q -Pdemo -Ddemo.args="$(ARGS)"

bench: peers ## measure beside raw SQL and other outboxes, 90 minutes; ARGS=--help for the flags
	$(MVN) -q -Pquick,bench -pl benchmarks -am process-classes -Dbench.args="$(ARGS)"

bench-quick: ## the main ratios of it, five minutes
	$(MAKE) bench ARGS="--quick $(ARGS)"

# Without them the rest is measured all the same.
peers:
	-$(MVN) -q -Pquick,peers -pl benchmarks-peers -am process-classes

# All in all of their forms, under CI=true a part of them; or those of F= at random for MINUTES=.
FAULT_ARGS = $(foreach name,F SEED MINUTES HOURS STORAGE,$(if $($(name)),$(name)=$($(name))))

faults: ## strike real processes and compare what is left; F=6 SEED=7 MINUTES=10 STORAGE=mariadb
ifeq ($(strip $(FAULT_ARGS)),)
	$(MVN) -Pquick,faults -pl verification -am test \
	  -Dtest='io.rowpost.verification.**' -Dsurefire.failIfNoSpecifiedTests=false
else
	$(MVN) -q -Pquick,fault-run -pl verification -am process-classes \
	  -Dfault.args="$(strip $(FAULT_ARGS))"
endif

faults-prove: ## plant each bug in each suite that has to find it, and fail if one stays green
	MVN="$(MVN)" verification/prove

soak: ## one long run under all faults that do not measure, two hours; HOURS=0.1 SEED=7 STORAGE=mariadb
	$(MAKE) faults HOURS=$(or $(HOURS),2)

keep-report: ## take the last report of a run into verification/results; RUN=soak-postgres_log
	$(MVN) -q -Pquick,keep-report -pl verification -am process-classes -Dkeep.run="$(RUN)"

models: ## search every state of the Spin models; ARGS=-DFAULTS=3 makes the search larger
	verification/models/check $(ARGS)

sim: ## run simulated worlds full of faults, a minute; SEEDS=<count> of them, or SEED=<number>
	$(MVN) -q -Pquick,sim -pl rowpost-testkit -am process-classes \
	  -Dsim.args="$(if $(SEED),--seed=$(SEED),$(if $(SEEDS),--seeds=$(SEEDS)))"

coverage: ## tests with coverage; reports in */target/site/jacoco/index.html
	$(MVN) -Pcoverage verify $(SELECT)

ci: ## what decides about a change: checks and tests on JDK 17, most on the newest, then sim, faults, models
	.ci/run
