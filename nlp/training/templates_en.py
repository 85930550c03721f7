"""English template sentences for domain.py, written for this project.

[SLOT] is filled from names.py, [=KIND:text] is a fixed name.
"""

TEMPLATES = """
The [PAIR] said on Friday that [SAT] had been launched from [SITE].
[STATE]'s national space agency, [ACR], confirmed the launch of [SAT] aboard a [ROCKET] rocket.
A [ROCKET] carrier rocket lifted off from the [SITE] at 12:07 p.m. local time.
Prime Minister [PER] congratulated the scientists of [ACR] on the successful launch.
"This is a milestone for [STATE]," said [PER], a spokesperson for the [AG].
Foreign Minister [PER] arrived in [CITY] on Monday for talks with [PER].
The deal between [CO] and the [AG] was signed in [CITY] under the [PROG].
[PER], a researcher at the [TT], warned that [STATE] was falling behind.
"[CITY] will not be happy," [LAST] told [MEDIA].
[MEDIA] reported that [CO] would build a ground station near [CITY].
[UP_CITY]: The [MIN] on Tuesday rejected a report published by [MEDIA].
[UP_CITY], Jan. 17 ([MEDIA]) -- [STATE] sent a remote-sensing satellite into space from [SITE] in [REG].
The satellite, [SAT], was developed by the [AG] together with [CO].
Pakistani astronauts will train in [CITY] before a short flight to the [PROG] space station.
Dr [PER] of [UNI] said the payload had been tested at the [SITE].
The [AG] ([ACR]) and the [AG] ([ACR]) agreed to share data from [SAT].
Chinese companies such as [CO], [CO] and [CO] are competing for launch contracts.
The State-owned [CO] has delivered [SAT] to [STATE].
Under the [PROG], [STATE] would gain access to imagery of [REG] and [REG].
[PER] and [PER] co-authored the paper for the [TT].
In [REG], floods have been monitored by [SAT] since July.
The [ROCKET] is operated by [CO], a start-up based in [CITY].
[=LOC:US] officials fear that the [PROG] could help the [ACR] track submarines in [REG].
[LAST], who served as director of [ACR], is now at [UNI].
According to [TT], [STATE] launched 68 rockets last year, against 5 for [STATE].
[PER] (left) shakes hands with [PER] at the [MIN] in [CITY].
The mission follows [SAT], [SAT] and [SAT], all built with Chinese help.
The [=LOC:Shanghai]-based maker [CO] shipped the antenna to [CITY] in March.
[STATE] and [STATE] signed a memorandum of understanding on the [PROG].
Sources in the [MIN] told [MEDIA] that the [ROCKET] test had failed.
Lt Gen [PER] inspected the missile regiment near [CITY].
A joint statement by [ACR], [ACR] and [ACR] was issued in [CITY].
The [UNI] team led by Prof [PER] built the cubesat [SAT].
Former [ACR] chief [PER] called the decision "short-sighted".
[=LOC:Washington]-based analyst [PER] said [CO] had ties to the [ACR].
What does [CITY] want in [REG]? [PER] of the [TT] has an answer.
The [MIN] blacklisted [CO] and two affiliates of [CO].
[SAT] will be followed by [SAT] in 2026, [PER] said.
The rocket flew from [SITE], some 200 km from [CITY].
[PER], [STATE]'s ambassador to [STATE], attended the ceremony.
The Sino-Pakistani project dates back to [SAT], launched from [SITE] in 1990.
The [MEDIA] correspondent in [CITY], [PER], contributed to this report.
Shares of [CO] rose 4% after the [ROCKET] returned to flight.
[CO]'s [ROCKET] failed shortly after leaving [SITE].
[=LOC:India]'s [ACR] plans to fly [SAT] on a [ROCKET] next spring.
"We welcome [STATE] to the [PROG]," said [PER], head of the [PAIR].
At the [TT], [PER] argued that the [PROG] is less about [STATE] than about [STATE].
Students from [UNI] and [UNI] visited the [SITE].
The [=ORG:Pentagon]'s annual report mentions the [ROCKET] and the [ACR].
President [PER] hosted [PER] in [CITY], where they discussed the [PROG].
The contract, worth $400 million, was awarded to [CO] by the [PAIR].
[PER] tweeted: "Proud day for [STATE]! #space".
An editorial in [MEDIA] praised [LAST] and [LAST].
The [AG] has an office in [CITY] and labs in [CITY] and [CITY].
Three taikonauts returned from [PROG] to the landing site in [REG].
[REG] has become a testing ground for the [ROCKET].
By [PER] | [MEDIA]
Officials from [STATE], [STATE] and [STATE] met on the sidelines of the [ACR] summit.
The satellite will support the [PROG] by mapping routes between [CITY] and [CITY].
[LAST] said that neither [ACR] nor [CO] had replied to questions.
The [AG], which runs [SITE], did not comment.
The hyperspectral satellite [SAT] was placed in orbit by a [ROCKET] from [SITE].
[=LOC:Beijing]'s ties with [CITY] were tested again, says [PER], senior fellow at [TT].
On board were [SAT] for [STATE] and [SAT] for [STATE].
[=ORG:Pakistan Muslim League] leader [PER] addressed the [MIN].
Between 2018 and 2024 [ACR] bought five satellites from [CO].
The so-called [PROG] was first proposed by [PER] in [CITY].
""".strip().splitlines()
