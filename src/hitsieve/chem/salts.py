"""Counter-ions and solvents that are stripped, written in their neutral form."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Role(IntEnum):
    """What a component of a record is; the highest role present is the parent's."""

    INORGANIC = 0
    SOLVENT = 1
    COUNTER_ION = 2
    COMPOUND = 3


SOLVENTS: Final = """
CO CCO CCCO CC(C)O CCC(C)O CC(C)(C)O OCCO CC(O)CO COCCO CCOCCO OCC(F)(F)F CC(C)=O CCC(C)=O
CC(=O)CC(C)C O=C1CCCCC1 CC#N CCC#N COC=O CCOC=O COC(C)=O CCOC(C)=O CC(=O)OC(C)C CCCOC(C)=O
CCCCOC(C)=O CC(C)COC(C)=O CCOCC COC(C)(C)C CC(C)OC(C)C C1CCOC1 CC1CCCO1 C1COCCO1 COCCOC CN(C)C=O
CC(=O)N(C)C CN1CCCC1=O CS(C)=O O=S1(=O)CCCC1 C[N+](=O)[O-] NC=O CN(C)P(=O)(N(C)C)N(C)C ClCCl
ClC(Cl)Cl ClC(Cl)(Cl)Cl ClCCCl c1ccccc1 Cc1ccccc1 Cc1ccc(C)cc1 Cc1cccc(C)c1 Cc1ccccc1C CCc1ccccc1
Clc1ccccc1 FC(F)(F)c1ccccc1 COc1ccccc1 c1ccncc1 CCCCC CCCCCC CCCCCCC C1CCCCC1 CC1CCCCC1 S=C=S
O=C=O CC(C)CC(C)(C)C
"""

COUNTER_IONS: Final = """
O=CO CC(=O)O CCC(=O)O CCCC(=O)O CC(C)C(=O)O CC(C)(C)C(=O)O CCCCCC(=O)O CCCCCCC(=O)O CCCCCCCC(=O)O
CCCCCCCCCC(=O)O CCCCCCCCCCCC(=O)O CCCCCCCCCCCCCCCC(=O)O CCCCCCCCCCCCCCCCCC(=O)O
CCCCCCCCC=CCCCCCCCC(=O)O C=CCCCCCCCCC(=O)O CC=CC=CC(=O)O O=C(O)C(F)(F)F O=C(O)C(Cl)(Cl)Cl
O=C(O)C(Cl)Cl O=C(O)CCl O=C(O)C(=O)O O=C(O)CC(=O)O O=C(O)CCC(=O)O O=C(O)CCCC(=O)O O=C(O)CCCCC(=O)O
O=C(O)CCCCCCCCC(=O)O O=C(O)C=CC(=O)O CC(O)C(=O)O O=C(O)CO CC(=O)C(=O)O O=C(O)CC(O)C(=O)O
O=C(O)C(O)C(O)C(=O)O O=C(O)CC(O)(CC(=O)O)C(=O)O O=C(O)CCC(=O)C(=O)O O=C(O)C(O)=C(O)C(=O)O
O=C(O)C(O)C(O)C(O)C(O)C(=O)O OCC(O)C(O)C(O)C(O)C(=O)O OCC(O)C(O)C(O)C(O)C(O)C(=O)O
OCC(O)C(OC1OC(CO)C(O)C(O)C1O)C(O)C(O)C(=O)O O=CC(O)C(O)C(O)C(O)C(=O)O O=C(O)c1ccccc1
O=C(O)c1ccccc1O O=C(O)c1ccc(O)cc1 O=C(O)c1cc(O)ccc1O Nc1ccc(C(=O)O)cc1 O=C(O)Cc1ccccc1
O=C(O)C(O)c1ccccc1 O=C(O)C=Cc1ccccc1 O=C(O)c1cccnc1 O=C(O)c1cc2ccccc2cc1O O=C(O)c1ccc2ccccc2c1O
O=C(O)CNC(=O)c1ccccc1 O=C1CCC(C(=O)O)N1 O=C(O)c1cc(=O)[nH]c(=O)[nH]1 O=C(O)c1ccccc1C(=O)O
O=C(O)c1cc2ccccc2c(Cc2c(O)c(C(=O)O)cc3ccccc23)c1O O=C(O)C(OC(=O)c1ccccc1)C(OC(=O)c1ccccc1)C(=O)O
Cc1ccc(C(=O)OC(C(=O)O)C(OC(=O)c2ccc(C)cc2)C(=O)O)cc1 CC1(C)C(C(=O)O)CCC1(C)C(=O)O CS(=O)(=O)O
CCS(=O)(=O)O O=S(=O)(O)C(F)(F)F O=S(=O)(NS(=O)(=O)C(F)(F)F)C(F)(F)F O=S(=O)(O)CCO
O=S(=O)(O)CCS(=O)(=O)O NCCS(=O)(=O)O O=S(=O)(O)c1ccccc1 Cc1ccc(S(=O)(=O)O)cc1
O=S(=O)(O)c1ccc(Cl)cc1 O=S(=O)(O)c1ccc2ccccc2c1 O=S(=O)(O)c1cccc2ccccc12
O=S(=O)(O)c1cccc2c(S(=O)(=O)O)cccc12 CC1(C)C2CCC1(CS(=O)(=O)O)C(=O)C2 CCOS(=O)(=O)O COS(=O)(=O)O
CCCCCCCCCCCCOS(=O)(=O)O O=C1NS(=O)(=O)c2ccccc12 O=C(O)CCCS(=O)(=O)O O=C1C=C(O)OC1C(O)CO
O=C1OC(C(O)CO)C(O)=C1O CC1=CC(=O)NS(=O)(=O)O1 O=S(=O)(O)NC1CCCCC1 OCC(O)COP(=O)(O)O
 OC(=O)C(O)(c1ccccc1)c1ccccc1 O=C(O)O O=C(O)CN NC(CC(=O)O)C(=O)O
NC(CCC(=O)O)C(=O)O N#CS O=[N+]([O-])c1cc([N+](=O)[O-])c(O)c([N+](=O)[O-])c1
Cn1c(=O)c2[nH]c(Cl)nc2n(C)c1=O c1ccc([B-](c2ccccc2)(c2ccccc2)c2ccccc2)cc1 CCN CNC CCNCC CCN(CC)CC
CN(C)C CC(C)N CC(C)NC(C)C CCN(C(C)C)C(C)C CC(C)(C)N NC1CCCCC1 C1CCC(NC2CCCCC2)CC1 NCCO OCCNCCO
OCCN(CCO)CCO CN(C)CCO CCN(CC)CCO CNCCO NC(CO)(CO)CO CNCC(O)C(O)C(O)C(O)CO NCC(O)C(O)C(O)C(O)CO
NCCN C[N+](C)(C)CCO C1CNCCN1 C1COCCN1 C1CCNC1 C1CCNCC1 OCCN1CCCC1 c1c[nH]cn1
c1ccc(CNCCNCc2ccccc2)cc1 O=C(O)CNCC(=O)O C[N+](C)(C)C CC[N+](CC)(CC)CC CCCC[N+](CCCC)(CCCC)CCCC
C[N+](C)(C)Cc1ccccc1 NCCCCC(N)C(=O)O N=C(N)NCCCC(N)C(=O)O NC(Cc1c[nH]cn1)C(=O)O NC(=O)N N=C(N)N
CC(N)c1ccccc1 NCc1ccccc1 C1CN2CCN1CC2 C1CCC2=NCCCN2CC1 OCC(O)C(O)C(O)C(O)CO
"""
