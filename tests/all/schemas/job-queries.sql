-- 17 tables: who gave a voice, and what is known of her
SELECT min(chn.name) AS voiced_character, min(n.name) AS voicing_actress, min(t.title) AS movie
FROM aka_name AS an, complete_cast AS cc, comp_cast_type AS cct1, comp_cast_type AS cct2,
     char_name AS chn, cast_info AS ci, company_name AS cn, info_type AS it, info_type AS it3,
     keyword AS k, movie_companies AS mc, movie_info AS mi, movie_keyword AS mk, name AS n,
     person_info AS pi, role_type AS rt, title AS t
WHERE cct1.kind = 'cast' AND cct2.kind = 'complete+verified' AND chn.name = 'Queen'
  AND ci.note IN ('(voice)', '(voice) (uncredited)', '(voice: English version)')
  AND cn.country_code = '[us]' AND it.info = 'release dates' AND it3.info = 'trivia'
  AND k.keyword = 'computer-animation' AND mi.info IS NOT NULL
  AND (mi.info LIKE 'Japan:%200%' OR mi.info LIKE 'USA:%200%')
  AND n.gender = 'f' AND n.name LIKE '%An%' AND rt.role = 'actress' AND t.title = 'Shrek 2'
  AND t.production_year BETWEEN 2000 AND 2010
  AND t.id = mi.movie_id AND t.id = mc.movie_id AND t.id = ci.movie_id AND t.id = mk.movie_id
  AND t.id = cc.movie_id AND mc.movie_id = ci.movie_id AND mc.movie_id = mi.movie_id
  AND mc.movie_id = mk.movie_id AND mc.movie_id = cc.movie_id AND mi.movie_id = ci.movie_id
  AND mi.movie_id = mk.movie_id AND mi.movie_id = cc.movie_id AND ci.movie_id = mk.movie_id
  AND ci.movie_id = cc.movie_id AND mk.movie_id = cc.movie_id AND cn.id = mc.company_id
  AND it.id = mi.info_type_id AND n.id = ci.person_id AND rt.id = ci.role_id AND n.id = an.person_id
  AND ci.person_id = an.person_id AND chn.id = ci.person_role_id AND n.id = pi.person_id
  AND ci.person_id = pi.person_id AND it3.id = pi.info_type_id AND k.id = mk.keyword_id
  AND cct1.id = cc.subject_id AND cct2.id = cc.status_id;

-- 14 tables: linked films and their ratings
SELECT min(cn1.name), min(cn2.name), min(mi_idx1.info), min(mi_idx2.info), min(t1.title),
       min(t2.title)
FROM company_name AS cn1, company_name AS cn2, info_type AS it1, info_type AS it2,
     kind_type AS kt1, kind_type AS kt2, link_type AS lt, movie_companies AS mc1,
     movie_companies AS mc2, movie_info_idx AS mi_idx1, movie_info_idx AS mi_idx2,
     movie_link AS ml, title AS t1, title AS t2
WHERE cn1.country_code <> '[us]' AND it1.info = 'rating' AND it2.info = 'rating'
  AND kt1.kind IN ('tv series', 'episode') AND kt2.kind IN ('tv series', 'episode')
  AND lt.link IN ('sequel', 'follows', 'followed by') AND mi_idx2.info < '3.5'
  AND t2.production_year BETWEEN 2000 AND 2010 AND lt.id = ml.link_type_id AND t1.id = ml.movie_id
  AND t2.id = ml.linked_movie_id AND it1.id = mi_idx1.info_type_id AND t1.id = mi_idx1.movie_id
  AND kt1.id = t1.kind_id AND cn1.id = mc1.company_id AND t1.id = mc1.movie_id
  AND ml.movie_id = mi_idx1.movie_id AND ml.movie_id = mc1.movie_id
  AND mi_idx1.movie_id = mc1.movie_id AND it2.id = mi_idx2.info_type_id
  AND t2.id = mi_idx2.movie_id AND kt2.id = t2.kind_id AND cn2.id = mc2.company_id
  AND t2.id = mc2.movie_id AND ml.linked_movie_id = mi_idx2.movie_id
  AND ml.linked_movie_id = mc2.movie_id AND mi_idx2.movie_id = mc2.movie_id;
